import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Broadcast,
  Lagged,
  ShutDown,
  allSettled,
  each,
  joinAll,
  killAll,
  race,
  run,
  shield,
  sleep,
  spawn,
  type Coroutine,
  type Subscription,
} from 'gvent'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'

function* collect<T>(subscription: Subscription<T>): Coroutine<T[]> {
  const items: T[] = []
  for (const next of each(subscription)) {
    const item = yield* next
    if (item.done === true) break
    items.push(item.value)
  }
  return items
}

test('each subscriber sees each item that was put since it subscribed', async () => {
  await run(function* () {
    const events = new Broadcast<number>(10)
    yield* events.put(0)
    const first = spawn(collect, events.subscribe())
    yield* events.put(1)
    const second = spawn(collect, events.subscribe())
    yield* events.put(2)
    assert.deepEqual(events.stats(), { size: 2, capacity: 10, subscribers: 2, putters: 0, shutDown: false })
    yield* sleep(0)
    assert.equal(events.stats().size, 0)
    events.shutdown()
    assert.deepEqual([yield* first, yield* second], [[1, 2], [2]])
  })
})

test('a slow subscriber is told how many items it missed, and goes on with the oldest that is kept', async () => {
  await run(function* () {
    const events = new Broadcast<number>(2)
    using subscription = events.subscribe()
    for (const item of [1, 2, 3, 4, 5]) yield* events.put(item)
    assert.equal(subscription.size, 2)
    const [outcome] = yield* allSettled([subscription.get()])
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Lagged)
    assert.equal(outcome.reason.missed, 3)
    assert.equal(outcome.reason.code, 'GVENT_LAGGED')
    assert.deepEqual([yield* subscription.get(), yield* subscription.get()], [4, 5])
  })
})

test('a broadcast that holds its senders waits for the slowest', async () => {
  await simulate(function* () {
    const events = new Broadcast<number>(1, { overflow: 'wait' })
    using slow = events.subscribe()
    const quick = spawn(collect, events.subscribe())
    yield* events.put(1)
    assert.equal(events.putNowait(9), false)
    const putting = spawn(function* () {
      yield* events.put(2)
      events.shutdown()
    })
    yield* sleep(100)
    assert.equal(putting.dead, false)
    assert.equal(yield* slow.get(), 1)
    yield* putting
    assert.equal(yield* slow.get(), 2)
    assert.deepEqual(yield* quick, [1, 2])
  })
})

test('a subscription that ends no longer holds the senders', async () => {
  await simulate(function* () {
    const events = new Broadcast<number>(1, { overflow: 'wait' })
    const subscription = events.subscribe()
    yield* events.put(1)
    const putting = spawn(() => events.put(2))
    yield* sleep(1)
    subscription.close()
    yield* putting
    assert.deepEqual(events.stats().size, 0)
  })
})

test('a put whose time is up did not happen', async () => {
  await simulate(function* () {
    const events = new Broadcast<number>(1, { overflow: 'wait' })
    using subscription = events.subscribe()
    yield* events.put(1)
    const [late] = yield* allSettled([events.put(2, { timeout: 10 })])
    assert.equal(late.status, 'rejected')
    assert.equal(yield* subscription.get(), 1)
    yield* events.put(3)
    assert.equal(yield* subscription.get(), 3)
  })
})

test('several greenlets may take from one subscription: each item goes to one of them', async () => {
  await run(function* () {
    const events = new Broadcast<number>(10)
    const subscription = events.subscribe()
    const takers = [spawn(() => subscription.get()), spawn(() => subscription.get())]
    yield* sleep(0)
    for (const item of [1, 2]) yield* events.put(item)
    yield* joinAll(takers)
    assert.deepEqual(
      takers.map(({ value }) => value),
      [1, 2],
    )
  })
})

test('an item that a killed getter had got is the next one again', async () => {
  await run(function* () {
    const events = new Broadcast<number>(10)
    using subscription = events.subscribe()
    const taker = spawn(() => subscription.get())
    yield* sleep(0)
    for (const item of [1, 2]) events.putNowait(item)
    yield* taker.kill()
    assert.deepEqual([yield* subscription.get(), yield* subscription.get()], [1, 2])
  })
})

test('after shutdown putters and getters get ShutDown, getters when they have all items', async () => {
  await run(function* () {
    const events = new Broadcast<number>(1, { overflow: 'wait', name: 'events' })
    using subscription = events.subscribe()
    yield* events.put(1)
    const putting = spawn(() => allSettled([events.put(2)]))
    yield* sleep(0)
    events.shutdown()
    assert.equal((yield* putting)[0].status, 'rejected')
    assert.throws(() => events.putNowait(3), ShutDown)
    assert.equal(yield* subscription.get(), 1)
    const [end] = yield* allSettled([subscription.get()])
    assert.match(String(end.status === 'rejected' && end.reason), /^ShutDown: Broadcast "events" was shut down/)
  })
})

test('for await outside of greenlets; leaving the loop ends the subscription', async () => {
  const events = new Broadcast<number>(10)
  const subscription = events.subscribe()
  events.putNowait(1)
  for await (const item of subscription) {
    assert.equal(item, 1)
    break
  }
  assert.equal(events.stats().subscribers, 0)
})

test('every subscriber that lives sees all items in order, whoever is killed', async () => {
  for (const overflow of ['wait', 'drop'] as const) {
    const body = function* (): Coroutine<void> {
      const events = new Broadcast<number>(overflow === 'wait' ? 1 : 10, { overflow })
      const kept = events.subscribe()
      const reader = spawn(() => shield(() => collect(kept)))
      const watch = function* (): Coroutine<void> {
        using subscription = events.subscribe()
        for (;;) yield* race([subscription.get(), subscription.get()])
      }
      const produce = function* (): Coroutine<void> {
        for (const item of [1, 2, 3, 4]) yield* events.put(item)
      }
      const others = [spawn(watch), spawn(watch)]
      const producer = spawn(produce)
      yield* producer.join()
      yield* killAll(others)
      events.shutdown()
      yield* reader.join()
      const [seen] = yield* allSettled([reader])
      if (seen.status === 'fulfilled') assert.deepEqual(seen.value, [1, 2, 3, 4].slice(0, seen.value.length))
      assert.equal(events.stats().putters, 0)
    }
    await explore(() => shield(body), { schedules: 100 })
    await explore(() => shield(body), { schedules: 100, cancel: true })
    await cancelEverywhere(() => shield(body))
  }
})

test('wrong arguments are refused', () => {
  assert.throws(() => new Broadcast(0), /new Broadcast\(capacity\)/)
  assert.throws(() => new Broadcast(1, { overflow: 'block' as never }), /expected 'drop' or 'wait', got "block"/)
})
