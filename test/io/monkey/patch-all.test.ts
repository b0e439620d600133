import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { isPatched, parts, patchAll, patchEvents, patchFetch, unpatchAll } from 'gvent/monkey'
import { startProgram } from '../program.js'

afterEach(unpatchAll)

test('patchAll patches all, once', () => {
  assert.equal(patchAll(), true)
  assert.ok(isPatched(globalThis, 'fetch'))
  assert.ok(isPatched(Promise.prototype, Symbol.iterator))
  assert.equal(patchAll(), false)
})

test('patchAll leaves out what it is told to, and adds what is missing when it is called again', () => {
  assert.equal(patchAll({ fetch: false }), true)
  assert.ok(!isPatched(globalThis, 'fetch'))
  assert.equal(patchAll(), true)
  assert.ok(isPatched(globalThis, 'fetch'))
  assert.ok(isPatched(Promise.prototype, Symbol.iterator))
})

test('what is patched is told once, and only that', () => {
  const told: unknown[] = []
  for (const event of ['willPatchAll', 'willPatch', 'didPatch', 'didPatchAll'] as const) {
    patchEvents.on(event, (what: unknown) => told.push([event, what]))
  }
  patchFetch()
  assert.deepEqual(told.splice(0), [
    ['willPatch', 'fetch'],
    ['didPatch', 'fetch'],
  ])
  const missing = parts.map(({ name }) => name).filter((name) => name !== 'fetch' && name !== 'dns')
  patchAll({ dns: false })
  assert.deepEqual(told.shift(), ['willPatchAll', missing])
  assert.deepEqual(told.pop(), ['didPatchAll', missing])
  assert.deepEqual(
    told.splice(0),
    missing.flatMap((name) => [
      ['willPatch', name],
      ['didPatch', name],
    ]),
  )
  patchAll({ dns: false })
  patchFetch()
  assert.deepEqual(told, [])
  patchAll()
  assert.deepEqual(told[0], ['willPatchAll', ['dns']])
  unpatchAll()
  told.length = 0
  patchFetch()
  assert.equal(told.length, 2)
  patchEvents.removeAllListeners()
})

test('who wants to leave alone what was patched before is warned', async () => {
  const { ended } = startProgram(`
    import 'gvent/monkey/all'
    import { patchAll, unpatchAll } from 'gvent/monkey'
    patchAll({ promise: true, dns: undefined })
    patchAll({ promise: false })
    unpatchAll()
    patchAll({ fetch: false })`)
  const { stderr, code } = await ended
  assert.match(
    stderr,
    /\[GVENT_LATE_PATCH\] GventWarning: patchAll\(\{ promise: false \}\): promise was patched before/,
  )
  assert.equal(stderr.match(/GventWarning/g)?.length, 1, stderr)
  assert.equal(code, 0)
})

test('an option that there is not is refused', () => {
  assert.throws(() => patchAll({ fech: false } as object), {
    name: 'TypeError',
    code: 'GVENT_UNKNOWN_OPTION',
    message: /^patchAll: there is no option `fech`\. Did you mean `fetch`\?/,
  })
})
