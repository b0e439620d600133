import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { isPatched, patchAll, unpatchAll } from 'gvent/monkey'

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
  assert.equal(patchAll({ promise: false }), true)
  assert.ok(isPatched(globalThis, 'fetch'))
  assert.ok(isPatched(Promise.prototype, Symbol.iterator))
})

test('an option that there is not is refused', () => {
  assert.throws(() => patchAll({ fech: false } as object), {
    name: 'TypeError',
    message:
      'patchAll(options): there is no option "fech"; there are fetch, net, tls, http, dns, timers, childProcess, events, streams, promise',
  })
})
