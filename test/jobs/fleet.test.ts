import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  Event,
  GreenletExit,
  race,
  retry,
  run,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Greenlet,
} from 'gvent'
import { LeaseLost, RemoteLock, RemoteRateLimiter, RemoteSemaphore, memoryStore, type FleetStore } from 'gvent/jobs'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'
import { stores, type StoreUnderTest } from './fleet-stores.js'

/** A lease that a test outlasts on purpose. */
const SHORT = 1000
/** Far beyond what anything here takes: nothing is waited for longer. */
const PATIENCE = 30_000

for (const [kind, { without, start }] of Object.entries(stores)) {
  describe(`a fleet on ${kind}`, { skip: without }, () => {
    let server: StoreUnderTest
    let names = 0
    before(async () => {
      server = await start()
    })
    after(() => server.stop())

    /** A test with a name of its own, in two programs. */
    function conforms(title: string, body: (name: string, one: FleetStore, two: FleetStore) => Coroutine<void>): void {
      test(title, async () => {
        const [one, two] = [await server.open(), await server.open()]
        await run(() => withTimeout(PATIENCE, () => body(`test:${++names}`, one, two)))
      })
    }

    conforms('a lock is one’s at a time, and each permit has a higher fencing number', function* (name, one, two) {
      let inside = 0
      const fences: number[] = []
      function* enter(store: FleetStore): Coroutine<void> {
        const lock = new RemoteLock(store, name)
        for (let times = 0; times < 5; times++) {
          const permit = yield* lock.acquire()
          assert.equal(++inside, 1)
          fences.push(permit.fence)
          yield* sleep(1)
          inside--
          assert.equal(yield* permit.release(), true)
          assert.equal(permit.held, false)
        }
      }
      const all = [one, two, one, two].map((store) => spawn(enter, store))
      for (const each of all) yield* each
      assert.equal(fences.length, 20)
      assert.deepEqual(
        fences,
        [...fences].sort((a, b) => a - b),
      )
      assert.equal(new Set(fences).size, 20)
    })

    conforms('a semaphore has so many places, and those that come first are served first', function* (name, one, two) {
      const first = yield* new RemoteSemaphore(one, name, 2).acquire()
      const second = yield* new RemoteSemaphore(two, name, 2).acquire()
      assert.equal(yield* new RemoteSemaphore(two, name, 2).acquire({ timeout: 50 }), undefined)
      const order: number[] = []
      const waiting: Greenlet<void>[] = []
      for (let number = 0; number < 6; number++) {
        const store = number % 2 === 0 ? one : two
        const asked = new Event()
        waiting.push(
          spawn(function* () {
            using permit = yield* new RemoteSemaphore(noticed(store, asked), name, 2).acquire()
            order.push(number)
            assert.equal(permit.held, true)
          }),
        )
        yield* asked.wait()
      }
      yield* first.release()
      for (const each of waiting) yield* each
      yield* second.release()
      assert.deepEqual(order, [0, 1, 2, 3, 4, 5])
    })

    conforms('a release is news for the one who waits', function* (name, one, two) {
      for (const [store, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const news = new Event()
        // What happens before the store listens is missed, and noticed by another look.
        while (!news.isSet) {
          const held = yield* new RemoteLock(other, name).acquire()
          const waiting = spawn(() => new RemoteLock(wakened(store, news), name).acquire())
          yield* sleep(20)
          yield* held.release()
          yield* (yield* waiting).release()
        }
      }
    })

    conforms('a killed waiter takes nothing, and holds nobody up', function* (name, one, two) {
      const lock = new RemoteLock(one, name)
      const held = yield* lock.acquire()
      for (let times = 0; times < 12; times++) {
        const waiting = spawn(() => new RemoteLock(two, name).acquire())
        yield* sleep(times)
        yield* waiting.kill()
        assert.ok((waiting.value as unknown) instanceof GreenletExit)
      }
      yield* held.release()
      const next = yield* new RemoteLock(two, name).acquire({ timeout: PATIENCE / 2 })
      assert.equal(next!.fence, held.fence + 1)
      yield* next!.release()
      for (let times = 0; times < 12; times++) {
        const taking = spawn(() => new RemoteLock(two, name).acquire())
        yield* sleep(times / 4)
        yield* taking.kill()
        if (!taking.killed) yield* taking.value!.release()
      }
      using last = yield* lock.acquire()
      assert.equal(last.held, true)
    })

    conforms('a permit that loses a race is given back', function* (name, one) {
      const lock = new RemoteLock(one, name)
      for (let times = 0; times < 10; times++) {
        const won = yield* race([lock.acquire(), sleep(times / 5)])
        if (won !== undefined) yield* won.release()
      }
      using permit = yield* lock.acquire()
      assert.equal(permit.held, true)
    })

    conforms('a permit is extended as long as it is held, and no longer', function* (name, one, two) {
      const permit = yield* new RemoteLock(one, name, { lease: SHORT }).acquire()
      const other = new RemoteLock(two, name, { lease: SHORT })
      assert.equal(yield* other.acquire({ timeout: 3 * SHORT }), undefined)
      assert.equal(permit.held, true)
      permit[Symbol.dispose]()
      using next = yield* other.acquire()
      assert.equal(next.fence, permit.fence + 1)
    })

    conforms('the permit of one that is gone comes back, and one that was away learns it', function* (name, one, two) {
      const begun = new Event()
      let fence = 0
      let seen: unknown
      let signal: AbortSignal | undefined
      const holder = spawn(function* () {
        const permit = yield* new RemoteLock(one, name, { lease: SHORT }).acquire()
        fence = permit.fence
        signal = permit.signal
        begun.set()
        try {
          yield* sleep(PATIENCE)
        } catch (error) {
          seen = error
          assert.equal(permit.held, false)
          assert.equal(yield* permit.release(), false)
          throw error
        }
      })
      holder.observe()
      yield* begun.wait()
      // Nothing else can run meanwhile, as when the process is stopped.
      for (const end = Date.now() + 1.5 * SHORT; Date.now() < end;);
      using next = yield* new RemoteLock(two, name).acquire()
      assert.equal(next.fence, fence + 1)
      yield* holder.join()
      assert.ok(seen instanceof LeaseLost)
      assert.match(seen.message, /^lock "test:\d+" belongs to another holder now: its lease has expired$/)
      assert.equal(signal!.reason, seen)
    })

    conforms('a limiter lets so many pass in the whole fleet, first come, first served', function* (name, one, two) {
      const options = { limit: 20, per: 1000, burst: 2 }
      const order: number[] = []
      const before = performance.now()
      const all: Greenlet<void>[] = []
      for (let number = 0; number < 8; number++) {
        const limiter = new RemoteRateLimiter(number % 2 === 0 ? one : two, name, options)
        all.push(
          spawn(function* () {
            assert.equal(yield* limiter.acquire(), true)
            order.push(number)
          }),
        )
        yield* sleep(5)
      }
      for (const each of all) yield* each
      // Two at once, and then one each 50 ms.
      assert.ok(performance.now() - before >= 6 * 50 - 5, `${performance.now() - before} ms`)
      assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5, 6, 7])
    })

    conforms('a killed waiter takes no tokens', function* (name, one, two) {
      const options = { limit: 2, per: 600_000 }
      const limiter = new RemoteRateLimiter(one, name, options)
      yield* limiter.acquire()
      for (let times = 0; times < 10; times++) {
        const waiting = spawn(() => new RemoteRateLimiter(two, name, options).acquire(2))
        yield* sleep(times)
        yield* waiting.kill()
      }
      // One is left, and there will be no other for five minutes.
      assert.equal(yield* limiter.acquire(1), true)
      assert.equal(yield* limiter.acquire(1, { timeout: 20 }), false)
      assert.throws(() => limiter.acquire(3), RangeError)
    })
  })
}

/** The same store, which says when it has answered one that wants a place. */
function noticed(store: FleetStore, asked: Event): FleetStore {
  type Calls = Record<string, (...args: unknown[]) => unknown>
  const calls = (store as unknown as { calls: Calls }).calls
  const enter = async (...args: unknown[]): Promise<unknown> => {
    const answer = await calls['enter']!(...args)
    asked.set()
    return answer
  }
  const noticing = new Proxy(calls, {
    get: (target, key: string) => (key === 'enter' ? enter : target[key]!.bind(target)),
  })
  return { calls: noticing } as unknown as FleetStore
}

/** The same store, which says when it has news for one who waits. */
function wakened(store: FleetStore, news: Event): FleetStore {
  type Watch = (id: string, wake: () => void) => () => void
  const calls = (store as unknown as { calls: Record<string, (...args: never[]) => unknown> }).calls
  const watch: Watch = (id, wake) =>
    (calls['watch'] as Watch).call(calls, id, () => {
      news.set()
      wake()
    })
  const noticing = new Proxy(calls, {
    get: (target, key: string) => (key === 'watch' ? watch : target[key]!.bind(target)),
  })
  return { calls: noticing } as unknown as FleetStore
}

/** A store that refuses to extend the first permit. Only then is its place free, a whole lease later. */
function refusing(store: FleetStore): FleetStore {
  const { calls } = store as unknown as { calls: Record<string, (...args: unknown[]) => unknown> }
  let refused: unknown
  const extend = (name: string, id: string, lease: number): unknown => {
    refused ??= id
    return id === refused ? false : calls['extend']!.call(calls, name, id, lease)
  }
  const refusingCalls = new Proxy(calls, {
    get: (target, key: string) => (key === 'extend' ? extend : target[key]!.bind(target)),
  })
  return { calls: refusingCalls } as unknown as FleetStore
}

/** Far longer than the time that a killed greenlet has for its cleanup. */
const LONG = 60_000

test('a holder that has caught the loss of its lease waits for the lock again', () =>
  simulate(function* () {
    const lock = new RemoteLock(refusing(memoryStore()), 'again', { lease: LONG })
    const holder = spawn(function* () {
      const first = yield* lock.acquire()
      let seen: unknown
      try {
        yield* sleep(LONG)
      } catch (error) {
        seen = error
      }
      assert.ok(seen instanceof LeaseLost)
      const second = yield* lock.acquire()
      assert.equal(second.fence, first.fence + 1)
      // It is raised once.
      yield* sleep(LONG)
      assert.equal(yield* first.release(), false)
      assert.equal(yield* second.release(), true)
      return 'done'
    })
    assert.equal(yield* holder, 'done')
    assert.equal(holder.killed, undefined)
  }))

test('a loss is tried again as any other error', () =>
  simulate(function* () {
    const lock = new RemoteLock(refusing(memoryStore()), 'again', { lease: LONG })
    let attempts = 0
    function* attempt(): Coroutine<number> {
      attempts++
      const permit = yield* lock.acquire()
      try {
        yield* sleep(LONG)
        return permit.fence
      } finally {
        yield* permit.release()
      }
    }
    assert.equal(yield* spawn(() => retry(attempt, { attempts: 3 })), 2)
    assert.equal(attempts, 2)
  }))

test('the cleanup after a loss takes as long as it needs', () =>
  simulate(function* () {
    const lock = new RemoteLock(refusing(memoryStore()), 'again', { lease: LONG })
    let fence = 0
    const holder = spawn(function* () {
      yield* lock.acquire()
      try {
        yield* sleep(LONG)
      } finally {
        using permit = yield* lock.acquire()
        fence = permit.fence
      }
    })
    holder.observe()
    yield* holder.join()
    assert.equal(fence, 2)
    assert.ok(holder.error instanceof LeaseLost)
    assert.equal(holder.killed, undefined)
  }))

test('a shield holds the loss off until it is left, unless the permit was acquired in it', () =>
  simulate(function* () {
    const outer = new RemoteLock(refusing(memoryStore()), 'outer', { lease: 30 })
    const inner = new RemoteLock(refusing(memoryStore()), 'inner', { lease: 30 })
    const seen: string[] = []
    const holder = spawn(function* () {
      yield* outer.acquire()
      yield* shield(function* () {
        yield* sleep(100)
        seen.push('held off')
        yield* inner.acquire()
        try {
          yield* sleep(100)
        } catch (error) {
          seen.push((error as LeaseLost).id)
        }
      })
      yield* sleep(100)
    })
    holder.observe()
    yield* holder.join()
    assert.deepEqual(seen, ['held off', 'inner'])
    assert.equal((holder.error as LeaseLost).id, 'outer')
  }))

test('what cannot be meant is refused', () => {
  const store = memoryStore()
  assert.throws(() => new RemoteLock({} as FleetStore, 'x'), /expected a store/)
  assert.throws(() => new RemoteLock(store, 'a b'), /a name of letters/)
  assert.throws(() => new RemoteSemaphore(store, 'x', 0), RangeError)
  assert.throws(() => new RemoteLock(store, 'x', { lease: 0 }), /a time that passes/)
  assert.throws(() => new RemoteLock(store, 'x', { leese: 1 } as object), /lease/)
  assert.throws(() => new RemoteRateLimiter(store, 'x', { limit: 0 }), RangeError)
})

/** Four who share two places, one of whom stands still for longer than its lease. */
function* sharing(): Coroutine<void> {
  const store = memoryStore()
  const semaphore = new RemoteSemaphore(store, 'shared', 2, { lease: 30 })
  const fences: number[] = []
  let inside = 0
  let peak = 0
  function* enter(): Coroutine<void> {
    const permit = yield* semaphore.acquire()
    try {
      fences.push(permit.fence)
      peak = Math.max(peak, ++inside)
      yield* sleep(3)
    } finally {
      inside--
      yield* permit.release()
    }
  }
  const all = [spawn(enter), spawn(enter), spawn(enter), spawn(enter)]
  for (const each of all) each.observe()
  for (const each of all) yield* each.join()
  assert.ok(peak <= 2)
  assert.equal(new Set(fences).size, fences.length)
  // Nothing is left behind: all places are free at once.
  const one = yield* semaphore.acquire({ timeout: 0.5 })
  const two = yield* semaphore.acquire({ timeout: 0.5 })
  assert.ok(one?.held && two?.held)
  yield* one.release()
  yield* two.release()
}

test('places are shared, whatever the order', async () => {
  await explore(sharing, { schedules: 150 })
})

/** One that may be killed or interrupted anywhere, and one that comes after it. */
function* ordeal(): Coroutine<void> {
  const store = memoryStore()
  const lock = new RemoteLock(store, 'ordeal', { lease: 30 })
  const victim = spawn(function* () {
    const permit = yield* lock.acquire()
    try {
      yield* sleep(2)
    } finally {
      yield* permit.release()
    }
  })
  victim.observe()
  yield* victim.join()
  const permit = yield* lock.acquire({ timeout: 0.5 })
  assert.ok(permit?.held, 'the lock is held by nobody, and is not free')
  yield* permit.release()
}

test('a lock is free after one that was killed or timed out, wherever that was', async () => {
  await cancelEverywhere(ordeal)
})

test('a lock is free after one that was killed or timed out, in whatever order', async () => {
  await explore(ordeal, { schedules: 150, cancel: true })
})
