import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AsyncResult, Empty, Greenlet, run, spawn, spawnLater } from 'gvent'

test('the arguments of a greenlet can be read until it runs', async () => {
  const none = (..._args: unknown[]): void => undefined
  assert.deepEqual(new Greenlet(none).args, [])
  assert.deepEqual(new Greenlet(none, 1).args, [1])
  assert.deepEqual(new Greenlet(none, undefined).args, [undefined])
  assert.deepEqual(new Greenlet(none, [1, 2]).args, [[1, 2]])
  const later = spawnLater(1000, none, 'a', 'b')
  assert.deepEqual(later.args, ['a', 'b'])
  await later.kill()
  const greenlet = spawn(none, 7)
  assert.deepEqual(greenlet.args, [7])
  await greenlet
  assert.deepEqual(greenlet.args, [])
})

test('AsyncResult.getNowait gives the value or raises the error, or Empty', async () => {
  const result = new AsyncResult<number>()
  assert.throws(() => result.getNowait(), Empty)
  result.set(7)
  assert.equal(result.getNowait(), 7)
  const failed = new AsyncResult()
  const error = new Error('no')
  failed.setError(error)
  assert.throws(
    () => {
      failed.getNowait()
    },
    (raised) => raised === error,
  )
  await run(() => result.get())
})
