import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Watch, each, run, shield, sleep, spawn, withTimeout, type Coroutine } from 'gvent'
import { explore } from 'gvent/testing'

test('changed() gives the value after the next change, to all that wait', async () => {
  await run(function* () {
    const level = new Watch('info', { name: 'level' })
    assert.equal(level.value, 'info')
    const waiters = [spawn(() => level.changed()), spawn(() => level.changed())]
    yield* sleep(0)
    assert.deepEqual(level.stats(), { changes: 0, waiting: 2 })
    level.set('debug')
    level.value = 'trace'
    assert.deepEqual([yield* waiters[0]!, yield* waiters[1]!, level.value], ['debug', 'debug', 'trace'])
    level.update((value) => `${value}!`)
    assert.equal(level.value, 'trace!')
  })
})

test('a subscription misses no change, and skips values that nobody looked at in time', async () => {
  await run(function* () {
    const count = new Watch(0)
    const watcher = count.subscribe()
    count.set(1)
    count.set(2)
    assert.equal(yield* watcher.changed(), 2)
    assert.equal(yield* withTimeout(1, watcher.changed(), { value: 'nothing new' }), 'nothing new')
    count.set(3)
    assert.equal(watcher.value, 3)
    assert.equal(yield* withTimeout(1, watcher.changed(), { value: 'seen' }), 'seen')
  })
})

test('a value that a killed greenlet never saw counts as not seen', async () => {
  await run(function* () {
    const count = new Watch(0)
    const watcher = count.subscribe()
    const waiter = spawn(() => watcher.changed())
    yield* sleep(0)
    count.set(1)
    yield* waiter.kill()
    assert.equal(yield* watcher.changed(), 1)
  })
})

test('each goes through the latest values', async () => {
  await run(function* () {
    const count = new Watch(0)
    const seen: number[] = []
    const follower = spawn(function* () {
      for (const next of each(count.subscribe())) {
        const item = yield* next
        if (item.done === true) break
        seen.push(item.value)
        if (item.value === 3) break
      }
    })
    for (const value of [1, 2, 3]) {
      yield* sleep(1)
      count.set(value)
    }
    yield* follower
    assert.deepEqual(seen, [1, 2, 3])
  })
})

test('a watcher sees the last value in the end, whoever is killed or timed out', async () => {
  const body = function* (): Coroutine<void> {
    const watch = new Watch(0)
    const watcher = watch.subscribe()
    const seen: number[] = []
    const see = function* (): Coroutine<void> {
      while (watch.value < 3 || seen.at(-1) !== 3) seen.push(yield* watcher.changed())
    }
    const first = spawn(see)
    const setter = spawn(function* () {
      for (let value = 1; value <= 3; value++) {
        watch.set(value)
        yield* sleep(1)
      }
    })
    yield* setter.join()
    watch.set(3)
    yield* first.join()
    watch.set(3)
    // Whatever became of the others, what nobody saw is seen now.
    assert.equal(yield* watcher.changed({ timeout: 10 }), 3)
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    )
    assert.equal(watch.stats().waiting, 0)
  }
  await explore(() => shield(body), { schedules: 100, cancel: true })
})
