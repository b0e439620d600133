import assert from 'node:assert/strict'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { after, test } from 'node:test'
import { run, sleep, spawn } from 'gvent'
import { patchOnce, unpatchAll } from 'gvent/monkey'

patchOnce()
after(unpatchAll)

void test('a greenlet waits for an event with yield*, and an error is raised', async () => {
  const emitter = new EventEmitter()
  const greenlet = spawn(function* () {
    const values: unknown[] = yield* once(emitter, 'ready')
    try {
      yield* once(emitter, 'never')
    } catch (error) {
      values.push(error)
    }
    return values
  })
  await sleep(0)
  emitter.emit('ready', 1, 2)
  await sleep(0)
  emitter.emit('error', 'broken')
  assert.deepEqual(await greenlet, [1, 2, 'broken'])
})

void test('a killed greenlet leaves no listener behind, and one elsewhere is left alone', async () => {
  const emitter = new EventEmitter()
  const { signal } = new AbortController()
  const greenlets = [undefined, { signal }].map((options) =>
    spawn(function* () {
      yield* once(emitter, 'ready', options)
    }),
  )
  const outside = once(emitter, 'ready')
  await sleep(0)
  assert.equal(emitter.listenerCount('ready'), 3)
  for (const greenlet of greenlets) await greenlet.kill()
  assert.equal(emitter.listenerCount('ready'), 1)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  emitter.emit('ready')
  await outside
})

void test('signals and refusals are as ever', async () => {
  const emitter = new EventEmitter()
  await run(async () => {
    const signal = AbortSignal.abort('reason')
    await assert.rejects(once(emitter, 'ready', { signal }), { name: 'AbortError', code: 'ABORT_ERR', cause: 'reason' })
    await assert.rejects(once(emitter, 'ready', { signal: 'none' as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})
