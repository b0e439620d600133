import assert from 'node:assert/strict'
import { Event, Lock, Queue, Semaphore, joinAll, sleep, spawn, type Coroutine } from 'gvent'
import { caseOf, type Case } from './case.js'

/** Whoever comes second finds that the first has begun, and takes that for done. */
function* halfInitialised(waits: boolean): Coroutine<void> {
  const loaded = new Event()
  const disk = new Semaphore(1)
  let hasBegun = false
  let config: { name: string } | undefined
  const configuration = function* (): Coroutine<{ name: string }> {
    if (!hasBegun) {
      hasBegun = true
      ;(yield* disk.acquire()).release()
      config = { name: 'a' }
      loaded.set()
    } else if (waits) yield* loaded.wait()
    return config!
  }
  const use = function* (): Coroutine<void> {
    assert.equal((yield* configuration()).name, 'a')
  }
  yield* joinAll([spawn(use), spawn(use)], { raiseError: true })
}

/** What was read before an invalidation is put into the cache after it. */
function* staleCache(hasVersions: boolean): Coroutine<void> {
  let stored = 'old'
  const cache = new Map<string, string>()
  const connection = new Semaphore(2)
  let version = 0
  const read = function* (): Coroutine<string> {
    const cached = cache.get('key')
    if (cached !== undefined) return cached
    const begun = version
    const value = stored
    ;(yield* connection.acquire()).release()
    if (!hasVersions || version === begun) cache.set('key', value)
    return value
  }
  const write = function* (value: string): Coroutine<void> {
    ;(yield* connection.acquire()).release()
    stored = value
    version++
    cache.delete('key')
  }
  yield* joinAll([spawn(read), spawn(write, 'new')])
  assert.equal(yield* read(), 'new')
}

/** A list that is gone through while others take themselves out of it. */
function* changedUnderIteration(isCopied: boolean): Coroutine<void> {
  const listeners: string[] = ['a', 'b', 'c']
  const told: string[] = []
  const outbox = new Queue<string>()
  const publish = function* (): Coroutine<void> {
    for (const listener of isCopied ? Array.from(listeners) : listeners) {
      yield* outbox.put(listener)
      told.push(listener)
    }
  }
  const unsubscribe = function* (): Coroutine<void> {
    yield
    listeners.splice(listeners.indexOf('a'), 1)
  }
  yield* joinAll([spawn(publish), spawn(unsubscribe)])
  // Whether "a" is told is a matter of luck, the others stay.
  assert.ok(told.includes('b') && told.includes('c'), told.join())
}

/** What is added while a batch is being sent is thrown away with it. */
function* lostInBatch(isSwapped: boolean): Coroutine<void> {
  let batch: number[] = []
  const sent: number[] = []
  const connection = new Semaphore(1)
  const flush = function* (): Coroutine<void> {
    const items = Array.from(batch)
    if (isSwapped) batch = []
    ;(yield* connection.acquire()).release()
    sent.push(...items)
    if (!isSwapped) batch = []
  }
  const add = function* (): Coroutine<void> {
    for (const item of [1, 2]) {
      batch.push(item)
      yield
    }
  }
  yield* joinAll([spawn(add), spawn(flush)])
  yield* flush()
  assert.deepEqual(sent, [1, 2])
}

/** More is sold than there is, since everybody looks before anybody takes. */
function* oversold(isReserved: boolean): Coroutine<void> {
  let left = 2
  let sold = 0
  const payment = new Semaphore(3)
  const buy = function* (): Coroutine<void> {
    if (left === 0) return
    if (isReserved) left--
    ;(yield* payment.acquire()).release()
    if (!isReserved) left--
    sold++
  }
  yield* joinAll([spawn(buy), spawn(buy), spawn(buy)])
  assert.ok(sold <= 2, `${sold} sold`)
}

/** Numbers are given out in one order and written in another. */
function* outOfSequence(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const encoder = new Semaphore(2)
  let next = 0
  const log: number[] = []
  const append = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    const number = next++
    ;(yield* encoder.acquire()).release()
    log.push(number)
  }
  yield* joinAll([spawn(append), spawn(append), spawn(append)])
  assert.deepEqual(log, [0, 1, 2])
}

/** The last one out closes, while somebody comes in. */
function* closedInUse(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const disk = new Semaphore(1)
  let users = 0
  let isOpen = false
  const enter = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    if (users++ === 0) {
      ;(yield* disk.acquire()).release()
      isOpen = true
    }
  }
  const leave = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    if (--users === 0) {
      ;(yield* disk.acquire()).release()
      isOpen = false
    }
  }
  const use = function* (): Coroutine<void> {
    yield* enter()
    assert.ok(isOpen, 'used while closed')
    yield* leave()
  }
  yield* joinAll([spawn(use), spawn(use)], { raiseError: true })
}

/** A breaker that lets one attempt through when it has been open for a while: two come at the same time. */
function* twoProbes(isMarked: boolean): Coroutine<void> {
  let state: 'open' | 'probing' | 'closed' = 'open'
  let probes = 0
  const metrics = new Semaphore(2)
  const call = function* (): Coroutine<void> {
    yield* sleep(100)
    if (state !== 'open') return
    if (isMarked) state = 'probing'
    ;(yield* metrics.acquire()).release()
    probes++
    state = 'closed'
  }
  yield* joinAll([spawn(call), spawn(call)])
  assert.equal(probes, 1)
}

/** The oldest entry is thrown out by two that both found the cache too full. */
function* evictedTwice(looksAgain: boolean): Coroutine<void> {
  const entries = ['a', 'b', 'c', 'd']
  const disk = new Semaphore(2)
  const evict = function* (): Coroutine<void> {
    while (entries.length > 3) {
      ;(yield* disk.acquire()).release()
      if (!looksAgain || entries.length > 3) entries.shift()
    }
  }
  yield* joinAll([spawn(evict), spawn(evict)])
  assert.equal(entries.length, 3)
}

export const collections: Case[] = [
  caseOf('half initialised', 'error', halfInitialised),
  caseOf('stale cache', 'error', staleCache),
  caseOf('changed under iteration', 'error', changedUnderIteration),
  caseOf('lost in a batch', 'error', lostInBatch),
  caseOf('oversold', 'error', oversold),
  caseOf('out of sequence', 'error', outOfSequence),
  caseOf('closed in use', 'error', closedInUse),
  caseOf('two probes', 'error', twoProbes),
  caseOf('evicted twice', 'error', evictedTwice),
]
