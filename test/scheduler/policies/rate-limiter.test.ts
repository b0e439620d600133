import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimiter, getHub, joinAll, race, shield, sleep, spawn, throttle, type Coroutine } from 'gvent'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'

/** When each of so many callers has its token, in milliseconds from now. */
function* timesOf(limiter: RateLimiter, callers: number, tokens = 1): Coroutine<number[]> {
  const begin = getHub().now()
  const times: number[] = []
  yield* joinAll(
    Array.from({ length: callers }, () =>
      spawn(function* () {
        yield* limiter.acquire(tokens)
        times.push(getHub().now() - begin)
      }),
    ),
  )
  return times
}

test('a burst passes at once, the rest at a steady rate', async () => {
  await simulate(function* () {
    const limiter = new RateLimiter({ limit: 10, per: 1000, burst: 3 })
    assert.deepEqual(yield* timesOf(limiter, 6), [0, 0, 0, 100, 200, 300])
    yield* sleep(150)
    assert.deepEqual(limiter.stats(), { available: 1, waiting: 0 })
    yield* sleep(10_000)
    assert.deepEqual(limiter.stats(), { available: 3, waiting: 0 })
    assert.deepEqual(yield* timesOf(limiter, 4), [0, 0, 0, 100])
  })
})

test('without a burst of its own the whole limit passes at once', async () => {
  await simulate(function* () {
    assert.deepEqual(yield* timesOf(new RateLimiter({ limit: 2, per: 100 }), 5), [0, 0, 50, 100, 150])
  })
})

test('several tokens at a time, first come first served', async () => {
  await simulate(function* () {
    const limiter = new RateLimiter({ limit: 10, per: 1000, burst: 5 })
    assert.deepEqual(yield* timesOf(limiter, 3, 5), [0, 500, 1000])

    yield* sleep(500)
    const order: string[] = []
    const take = function* (name: string, tokens: number): Coroutine<void> {
      yield* limiter.acquire(tokens)
      order.push(name)
    }
    yield* limiter.acquire(4)
    yield* joinAll([spawn(take, 'many', 3), spawn(take, 'one', 1)])
    assert.deepEqual(order, ['many', 'one'])
    assert.throws(() => limiter.acquire(6), /never holds more than 5 tokens.*\{ burst: 6 \}/)
  })
})

test('a caller whose time is up gets false and has taken nothing', async () => {
  await simulate(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 100 })
    assert.equal(yield* limiter.acquire(), true)
    assert.equal(yield* limiter.acquire(1, { timeout: 30 }), false)
    const begin = getHub().now()
    yield* limiter.acquire()
    assert.equal(getHub().now() - begin, 70)
  })
})

test('a killed caller takes nothing, in the line and after it was served', async () => {
  await simulate(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 100 })
    limiter.acquireNowait()
    const first = spawn(() => limiter.acquire())
    const second = spawn(function* () {
      yield* limiter.acquire()
      return getHub().now()
    })
    const begin = getHub().now()
    yield* sleep(50)
    yield* first.kill()
    assert.equal((yield* second) - begin, 100)
    assert.equal(limiter.acquireNowait(), false)
  })
})

test('the loser of a race takes no token', async () => {
  await simulate(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 100 })
    yield* race([sleep(0), limiter.acquire()])
    yield* race([limiter.acquire(), limiter.acquire()])
    assert.equal(limiter.acquireNowait(), false)
    yield* race([limiter.acquire(), sleep(10)])
    yield* sleep(90)
    assert.equal(limiter.acquireNowait(), true)
  })
})

test('never more tokens than the rate allows, and none is lost, whoever is killed', async () => {
  const body = function* (): Coroutine<void> {
    const limiter = new RateLimiter({ limit: 1, per: 5, burst: 2 })
    const begin = getHub().now()
    let taken = 0
    const take = function* (): Coroutine<void> {
      for (let i = 0; i < 2; i++) {
        if (!(yield* limiter.acquire(1, { timeout: 12 }))) continue
        taken++
        assert.ok(taken <= 2 + (getHub().now() - begin) / 5, `${taken} after ${getHub().now() - begin} ms`)
      }
    }
    yield* joinAll([spawn(take), spawn(take), spawn(take)])
    yield* sleep(20)
    assert.deepEqual(limiter.stats(), { available: 2, waiting: 0 })
  }
  await explore(() => shield(body), { schedules: 150 })
  await explore(() => shield(body), { schedules: 150, cancel: true })
  await cancelEverywhere(() => shield(body))
})

test('throttle holds the calls of a function to a rate, in order', async () => {
  await simulate(function* () {
    const begin = getHub().now()
    const calls: unknown[] = []
    const query = throttle(
      function* query(name: string) {
        yield* sleep(1)
        calls.push([name, getHub().now() - begin])
        return name.length
      },
      { limit: 1, per: 100 },
    )
    assert.equal(query.length, 1)
    const lengths = yield* joinAll(['a', 'bb', 'ccc'].map((name) => spawn(query, name)))
    assert.deepEqual(
      lengths.map(({ value }) => value),
      [1, 2, 3],
    )
    assert.deepEqual(calls, [
      ['a', 1],
      ['bb', 101],
      ['ccc', 201],
    ])
  })
})

test('several functions share a limiter', async () => {
  await simulate(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 100 })
    const [a, b] = [throttle(() => getHub().now(), limiter), throttle(() => getHub().now(), limiter)]
    const first = yield* a()
    assert.equal((yield* b()) - first, 100)
  })
})

test('a limit of Infinity, or of something in no time, is none', async () => {
  await simulate(function* () {
    for (const limiter of [new RateLimiter({ limit: Infinity }), new RateLimiter({ limit: 1, per: 0 })]) {
      const { available } = limiter.stats()
      for (let count = 0; count < 5; count++) assert.equal(yield* limiter.acquire(), true)
      assert.equal(limiter.stats().available, available)
    }
    assert.equal(getHub().now(), 0)
  })
})

test('options out of range are refused', () => {
  for (const options of [
    { limit: 0 },
    { limit: 1, per: -1 },
    { limit: 1, per: Infinity },
    { limit: 1, burst: 0 },
    5 as never,
  ])
    assert.throws(() => new RateLimiter(options), { code: 'GVENT_BAD_ARGUMENT' })
  assert.throws(() => throttle(1 as never, { limit: 1 }), /expected a function/)
  assert.throws(() => new RateLimiter({ limit: 1 }).acquire(0), /acquire\(tokens\)/)
  assert.throws(
    () => new RateLimiter({ limit: 1 }).acquire({ timeout: 5 } as never),
    /write acquire\(1, { timeout: 100 }\)/,
  )
})
