import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue, Timeout, getCurrent, sleep, spawn } from 'gvent/scheduler'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

test('an item that was handed over before the timeout expired, but not received yet, is not lost', async () => {
  const queue = new Queue<string>()
  const greenlet = spawn(function* () {
    using timeout = Timeout.start(5)
    try {
      return yield* queue.get()
    } catch (error) {
      assert.equal(error, timeout)
      assert.equal(queue.size, 1)
      return queue.getNowait()
    }
  })
  await quiet()
  host.burn(5)
  queue.putNowait('item')
  assert.equal(queue.size, 0)
  host.ring()
  assert.equal(queue.size, 1)
  assert.equal(await greenlet, 'item')
})

test('a kill and a timeout at once: both are raised, in the order in which they came', async () => {
  const raised: unknown[] = []
  const greenlet = spawn(function* () {
    Timeout.start(5)
    for (let wait = 0; wait < 2; wait++) {
      try {
        yield* sleep(20)
      } catch (error) {
        raised.push((error as Error).name)
      }
    }
  })
  await quiet()
  host.burn(4)
  spawn(function* () {
    yield* sleep(1)
    greenlet.kill()
  })
  await host.advance(5)
  assert.deepEqual(raised, ['Timeout', 'GreenletExit'])
})

test('a timeout that somebody else cancels in time is not raised', async () => {
  const timeouts: Timeout[] = []
  const greenlet = spawn(function* () {
    timeouts.push(Timeout.start(5))
    yield* sleep(10)
    return 'went on'
  })
  await host.advance(4)
  timeouts[0]!.cancel()
  await host.advance(6)
  assert.equal(await greenlet, 'went on')
})

test('a timeout during the cleanup of a kill interrupts the cleanup', async () => {
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } finally {
      const timeout = Timeout.start(5)
      try {
        yield* sleep(10)
      } catch (error) {
        assert.equal(error, timeout)
      }
    }
  })
  await quiet()
  greenlet.kill()
  await host.advance(5)
  assert.equal(greenlet.dead, true)
  assert.equal(greenlet.successful, true)
})

test('the limits of many greenlets are kept apart', async () => {
  const waiters = Array.from({ length: 50 }, (_, index) =>
    spawn(function* () {
      using timeout = Timeout.start(index)
      try {
        yield* sleep(25)
        return 'slept'
      } catch (error) {
        return error === timeout && timeout.milliseconds === index ? 'timed out' : getCurrent()
      }
    }),
  )
  await host.advance(50)
  const results = await Promise.all(waiters)
  assert.deepEqual(
    results,
    Array.from({ length: 50 }, (_, index) => (index <= 25 ? 'timed out' : 'slept')),
  )
})
