import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { isPatched, patchPromise, unpatchAll } from 'gvent/monkey'
import 'gvent/monkey/all'
import { GreenletExit, NotInGreenletError, run, sleep, spawn } from 'gvent'

before(() => {
  unpatchAll()
  patchPromise()
})
after(unpatchAll)

test('a greenlet waits for a promise with yield*', async () => {
  assert.equal(
    await run(function* () {
      return yield* Promise.resolve('value')
    }),
    'value',
  )
})

test('what the promise rejects with is raised', async () => {
  const error = new Error('no')
  await run(function* () {
    try {
      yield* Promise.reject(error)
      assert.fail('nothing was raised')
    } catch (caught) {
      assert.equal(caught, error)
    }
  })
})

test('an error that comes after a kill is not an unhandled rejection', async () => {
  const { promise, reject } = withResolvers()
  const greenlet = spawn(function* () {
    yield* promise
  })
  await sleep(0)
  await greenlet.kill()
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  reject(new Error('late'))
  await sleep(1)
})

test('the promise of a subclass and of an async function can be waited for too', async () => {
  class Own<T> extends Promise<T> {}
  await run(function* () {
    assert.equal(yield* Own.resolve(1), 1)
    assert.equal(yield* (async () => 2)(), 2)
  })
})

test('patching twice changes nothing', () => {
  assert.equal(patchPromise(), false)
  assert.equal(isPatched(Promise.prototype, Symbol.iterator), true)
})

test('the property does not show', () => {
  const promise = Promise.resolve(1)
  assert.deepEqual(Object.keys(promise), [])
  const names = []
  for (const name in promise) names.push(name)
  assert.deepEqual(names, [])
  const printed = inspect(promise)
  unpatchAll()
  assert.equal(inspect(promise), printed)
  patchPromise()
  assert.equal(Object.getOwnPropertyDescriptor(Promise.prototype, Symbol.iterator)!.enumerable, false)
})

test('outside of greenlets a promise is no list', async () => {
  const promise: unknown = Promise.resolve('data')
  assert.throws(() => [...(promise as [])], { name: 'TypeError', message: /not iterable/ })
  assert.equal(await text(Duplex.from(promise as NodeJS.ReadableStream)), 'data')
})

test('in a greenlet the mistake of taking a promise for a list is explained', async () => {
  await run(function* () {
    assert.throws(() => Array.from(Promise.resolve(1)), NotInGreenletError)
  })
})

test('a promise may get an iterator of its own', () => {
  const promise = Promise.resolve(1) as unknown as { [Symbol.iterator]: () => Iterator<number> }
  promise[Symbol.iterator] = () => [1, 2].values()
  assert.deepEqual([...promise], [1, 2])
})

test('unpatchAll takes the property away', () => {
  unpatchAll()
  assert.equal(Symbol.iterator in Promise.prototype, false)
  assert.equal(patchPromise(), true)
})

function withResolvers(): { promise: Promise<unknown>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void
  const promise = new Promise((_resolve, rejectPromise) => (reject = rejectPromise))
  return { promise, reject: reject! }
}
