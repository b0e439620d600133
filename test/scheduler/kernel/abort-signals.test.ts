import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { Queue, idle, killAll, sleep, spawn } from 'gvent'

test('100 waits that share a signal put one listener on it, and none when they are over', async (context) => {
  const warned = context.mock.fn()
  process.on('warning', warned)
  const controller = new AbortController()
  const { signal } = controller
  const listeners = () => getEventListeners(signal, 'abort').length
  const queue = new Queue<never>()
  const greenlets = Array.from({ length: 100 }, () => spawn(() => queue.get({ signal })))
  await sleep(1)
  assert.equal(listeners(), 1)
  await killAll(greenlets.slice(0, 50))
  assert.equal(listeners(), 1)
  const failed = Promise.allSettled(greenlets.slice(50))
  controller.abort(new Error('enough'))
  const reasons = (await failed).map((result) => (result.status === 'rejected' ? (result.reason as Error).message : ''))
  assert.deepEqual(new Set(reasons), new Set(['enough']))
  assert.equal(listeners(), 0)
  assert.equal(queue.stats().getters, 0)
  await idle()
  process.off('warning', warned)
  assert.equal(warned.mock.callCount(), 0)
})
