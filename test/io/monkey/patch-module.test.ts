import assert from 'node:assert/strict'
import * as namespace from 'node:path'
import path, { basename } from 'node:path'
import { afterEach, test } from 'node:test'
import { getOriginal, isPatched, patchModule, unpatchAll } from 'gvent/monkey'

afterEach(unpatchAll)

const original = basename

test('a function is replaced, its original is kept, and unpatchAll puts it back', () => {
  const target = { greet: () => 'hello' }
  const { greet } = target
  assert.equal(patchModule(target, { greet: () => 'good day' }), true)
  assert.equal(target.greet(), 'good day')
  assert.equal(isPatched(target, 'greet'), true)
  assert.equal(getOriginal(target, 'greet'), greet)
  unpatchAll()
  assert.equal(target.greet, greet)
  assert.equal(isPatched(target, 'greet'), false)
  assert.equal(isPatched(target), false)
})

test('only the properties that are named are replaced', () => {
  const target = { a: 1, b: 2 }
  patchModule(target, { a: 10, b: 20 }, ['b'])
  assert.deepEqual(target, { a: 1, b: 20 })
  assert.equal(isPatched(target), true)
  assert.equal(isPatched(target, 'a'), false)
  assert.equal(getOriginal(target, 'a'), 1)
})

test('a named import of a module of Node sees the patch, and its end', () => {
  patchModule(path, { basename: () => 'patched' })
  assert.equal(basename('/a/b'), 'patched')
  unpatchAll()
  assert.equal(basename, original)
})

test('a module of Node can be given by its name', () => {
  assert.equal(patchModule('node:path', { basename: () => 'patched' }), true)
  assert.equal(basename('/a/b'), 'patched')
  assert.equal(isPatched('path', 'basename'), true)
  assert.equal(isPatched('path', 'dirname'), false)
  assert.equal(isPatched('node:path'), true)
  assert.equal(getOriginal('path', 'basename'), original)
})

test('what is neither an object nor the name of a module of Node is refused', () => {
  const refusal = {
    name: 'TypeError',
    code: 'GVENT_BAD_ARGUMENT',
    message: /expected an object or the name of a module/,
  }
  for (const target of ['fetch', undefined, 5] as unknown as object[]) {
    assert.throws(() => isPatched(target), refusal)
    assert.throws(() => getOriginal(target, 'fetch'), refusal)
    assert.throws(() => patchModule(target, { fetch: 1 }), refusal)
  }
})

test('however often something is patched, its original stays the first', () => {
  const target = { value: 'first' }
  patchModule(target, { value: 'second' })
  patchModule(target, { value: 'third' })
  assert.equal(target.value, 'third')
  assert.equal(getOriginal(target, 'value'), 'first')
  unpatchAll()
  assert.equal(target.value, 'first')
})

test('patching with the same once more changes nothing', () => {
  const target = { value: 1 }
  const source = { value: 2 }
  assert.equal(patchModule(target, source), true)
  assert.equal(patchModule(target, source), false)
})

test('a replaced property stays enumerable and writable or not; a new one is not enumerable', () => {
  const target = Object.defineProperties(
    {},
    {
      hidden: { value: 1, enumerable: false, writable: false, configurable: true },
      shown: { value: 1, enumerable: true, writable: true, configurable: true },
    },
  )
  patchModule(target, { hidden: 2, shown: 2, added: 2 })
  assert.deepEqual(Object.getOwnPropertyDescriptors(target), {
    hidden: { value: 2, enumerable: false, writable: false, configurable: true },
    shown: { value: 2, enumerable: true, writable: true, configurable: true },
    added: { value: 2, enumerable: false, writable: true, configurable: true },
  })
  unpatchAll()
  assert.deepEqual(Reflect.ownKeys(target), ['hidden', 'shown'])
})

test('a property that was inherited is so again', () => {
  const base = { greet: () => 'hello' }
  const derived = Object.create(base) as typeof base
  patchModule(derived, { greet: () => 'good day' })
  assert.equal(derived.greet(), 'good day')
  assert.equal(getOriginal(derived, 'greet'), base.greet)
  unpatchAll()
  assert.deepEqual(Reflect.ownKeys(derived), [])
  assert.equal(derived.greet(), 'hello')
})

test('accessors are replaced as such', () => {
  const target = {
    get answer(): number {
      return 41
    },
  }
  patchModule(target, {
    get answer() {
      return 42
    },
  })
  assert.equal(target.answer, 42)
  assert.equal(getOriginal(target, 'answer'), 41)
})

test('a method that is not configurable is replaced if it is writable, and put back', () => {
  const target = Object.defineProperty({} as { answer: number }, 'answer', { value: 41, writable: true })
  assert.equal(patchModule(target, { answer: 42 }), true)
  assert.deepEqual([target.answer, getOriginal(target, 'answer')], [42, 41])
  unpatchAll()
  assert.equal(target.answer, 41)
})

test('what somebody else put over a patch is left in place', () => {
  const target = { value: 1 }
  patchModule(target, { value: 2 })
  target.value = 3
  unpatchAll()
  assert.equal(target.value, 3)
})

test('what the source lacks, and what cannot be replaced, is refused, and nothing has changed', () => {
  const target = Object.defineProperty({ free: 1 }, 'fixed', { value: 1 })
  assert.throws(() => patchModule(target, { free: 2 }, ['free', 'missing']), {
    name: 'TypeError',
    code: 'GVENT_BAD_ARGUMENT',
    message: /source has no property "missing"/,
  })
  assert.throws(() => patchModule(target, { free: 2, fixed: 2 }), /"fixed" of an object cannot be replaced/)
  assert.equal(target.free, 1)
  assert.throws(() => patchModule(namespace, { basename: original }), /Pass what its `default` is/)
})
