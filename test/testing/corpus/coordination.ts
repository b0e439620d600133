import assert from 'node:assert/strict'
import {
  Condition,
  Event,
  Lock,
  Pool,
  Queue,
  Semaphore,
  ShutDown,
  Timeout,
  WaitGroup,
  getHub,
  joinAll,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
} from 'gvent'
import { caseOf, type Case } from './case.js'

/** The predicate is looked at before the lock of the condition is taken: the notification may come in between. */
function* lostNotification(looksInside: boolean): Coroutine<void> {
  const changed = new Condition()
  let isReady = false
  const consume = function* (): Coroutine<void> {
    if (!looksInside && isReady) return
    using _permit = yield* changed.acquire()
    if (looksInside) yield* changed.waitFor(() => isReady)
    else yield* changed.wait()
  }
  const produce = function* (): Coroutine<void> {
    using _permit = yield* changed.acquire()
    isReady = true
    changed.notify()
  }
  yield* joinAll([spawn(consume), spawn(produce)])
}

/** Who was notified finds that somebody else was faster: `if` where `while` is needed. */
function* stolenWakeUp(looksAgain: boolean): Coroutine<void> {
  const filled = new Condition()
  const items: string[] = []
  const consume = function* (): Coroutine<void> {
    using _permit = yield* filled.acquire()
    if (looksAgain) yield* filled.waitFor(() => items.length > 0)
    else if (items.length === 0) yield* filled.wait()
    assert.ok(items.shift() !== undefined, 'nothing is there')
  }
  const produce = function* (item: string): Coroutine<void> {
    using _permit = yield* filled.acquire()
    items.push(item)
    filled.notify()
  }
  yield* joinAll([spawn(consume), spawn(produce, 'a'), spawn(consume), spawn(produce, 'b')])
}

/** A pulse: whoever comes after it waits for ever. */
function* pulse(isKept: boolean): Coroutine<void> {
  const started = new Event()
  const ready = new Semaphore(1)
  const follower = spawn(function* follower() {
    ;(yield* ready.acquire()).release()
    yield* started.wait()
  })
  yield
  yield
  started.set()
  if (!isKept) {
    yield
    started.clear()
  }
  yield* follower
}

/** The count goes up in the greenlet that is counted: the waiter may come before it. */
function* countedTooLate(countsFirst: boolean): Coroutine<void> {
  const group = new WaitGroup()
  const done: number[] = []
  const work = function* (job: number): Coroutine<void> {
    if (!countsFirst) group.add()
    yield
    done.push(job)
    group.done()
  }
  for (const job of [1, 2, 3]) {
    if (countsFirst) group.add()
    spawn(work, job)
    yield
  }
  yield* group.wait()
  assert.equal(done.length, 3)
}

/** A task is reported as done before it is. */
function* doneTooEarly(isLate: boolean): Coroutine<void> {
  const jobs = new Queue<number>()
  const disk = new Semaphore(1)
  const written: number[] = []
  const worker = spawn(function* worker() {
    for (let count = 0; count < 2; count++) {
      const job = yield* jobs.get()
      if (!isLate) jobs.taskDone()
      using _permit = yield* disk.acquire()
      written.push(job)
      if (isLate) jobs.taskDone()
    }
  })
  yield* jobs.put(1)
  yield* jobs.put(2)
  yield* jobs.join()
  const result = written.length
  yield* worker
  assert.equal(result, 2)
}

/** Whichever of two producers ends first closes the queue for both. */
function* closedByTheFirst(isCounted: boolean): Coroutine<void> {
  const queue = new Queue<number>()
  const got: number[] = []
  let producing = 2
  const produce = function* (first: number): Coroutine<void> {
    for (let item = first; item < first + 2; item++) yield* queue.put(item)
    yield
    producing--
    if (!isCounted || producing === 0) queue.shutdown()
  }
  const consume = function* (): Coroutine<void> {
    try {
      for (;;) got.push(yield* queue.get())
    } catch (error) {
      if (!(error instanceof ShutDown)) throw error
    }
  }
  yield* joinAll([spawn(produce, 0), spawn(produce, 10), spawn(consume)])
  assert.equal(got.length, 4)
}

/** A timeout is up between taking a permit and the block that gives it back. */
function* permitLostInTimeout(isBound: boolean): Coroutine<void> {
  const slots = new Semaphore(1, { name: 'slots' })
  const log = new Semaphore(1, { name: 'log' })
  const work = function* (): Coroutine<void> {
    const permit = yield* slots.acquire()
    using _bound = isBound ? permit : undefined
    ;(yield* log.acquire()).release()
    if (!isBound) permit.release()
  }
  const impatient = function* (): Coroutine<void> {
    yield* sleep(5)
    yield* withTimeout(5, work, { value: undefined })
  }
  const holder = function* (): Coroutine<void> {
    using _permit = yield* slots.acquire()
    yield* sleep(10)
  }
  yield* joinAll([spawn(holder), spawn(impatient)])
  assert.equal(slots.value, 1)
}

/** Readers who both want to write, and do not let go of what they hold. */
function* upgrade(letsGo: boolean): Coroutine<void> {
  const changed = new Condition()
  let readers = 0
  const increment = function* (): Coroutine<void> {
    {
      using _permit = yield* changed.acquire()
      readers++
    }
    using _permit = yield* changed.acquire()
    if (letsGo) {
      readers--
      changed.notifyAll()
    }
    yield* changed.waitFor(() => readers === (letsGo ? 0 : 1))
    if (!letsGo) readers--
    changed.notifyAll()
  }
  yield* joinAll([spawn(increment), spawn(increment)])
}

/** A pool gives its results as they come, and they are taken for the answers in order. */
function* outOfOrder(isMapped: boolean): Coroutine<void> {
  const pool = new Pool(2)
  const results: number[] = []
  const square = function* (number: number): Coroutine<number> {
    yield* sleep(10)
    if (!isMapped) results.push(number * number)
    return number * number
  }
  const numbers = [1, 2, 3, 4]
  if (isMapped) results.push(...(yield* pool.map(square, numbers)))
  else for (const number of numbers) yield* pool.spawn(square, number)
  yield* pool.join()
  assert.deepEqual(results, [1, 4, 9, 16])
}

/** Two start what may only be started once: one of them looked while the other was about to. */
function* startedTwice(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const port = new Semaphore(1)
  let state: 'stopped' | 'running' = 'stopped'
  let starts = 0
  const start = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    if (state === 'running') return
    ;(yield* port.acquire()).release()
    starts++
    state = 'running'
  }
  yield* joinAll([spawn(start), spawn(start)])
  assert.equal(starts, 1)
}

/** A leader whose lease has run out while it worked writes all the same. */
function* staleLease(isFenced: boolean): Coroutine<void> {
  let term = 0
  let leaseEnds = 0
  const disk = new Semaphore(2, { name: 'disk' })
  const writes: number[] = []
  const lead = function* (): Coroutine<void> {
    while (getHub().now() < leaseEnds) yield* sleep(leaseEnds - getHub().now())
    const mine = ++term
    const ends = (leaseEnds = getHub().now() + 30)
    while (getHub().now() < ends) {
      using _permit = yield* disk.acquire()
      if (!isFenced || term === mine) writes.push(mine)
      yield* sleep(14)
    }
  }
  yield* joinAll([spawn(lead), spawn(lead)])
  assert.deepEqual(
    writes,
    writes.slice().sort((a, b) => a - b),
  )
}

/** The answer to a request that was given up is taken for that to the next. */
function* answerToAnother(hasNumbers: boolean): Coroutine<void> {
  const requests = new Queue<number>()
  const answers = new Queue<{ id: number; text: string }>()
  const server = spawn(function* server() {
    for (;;) {
      const id = yield* requests.get()
      yield* sleep(9)
      yield* answers.put({ id, text: `answer ${id}` })
    }
  })
  const ask = function* (id: number): Coroutine<string> {
    yield* requests.put(id)
    return yield* withTimeout(10, function* () {
      for (;;) {
        const answer = yield* answers.get()
        if (!hasNumbers || answer.id === id) return answer.text
      }
    })
  }
  for (const id of [1, 2]) {
    try {
      assert.equal(yield* ask(id), `answer ${id}`)
    } catch (error) {
      if (!(error instanceof Timeout)) throw error
    }
  }
  yield* server.kill()
}

export const coordination: Case[] = [
  caseOf('lost notification', 'deadlock', lostNotification),
  caseOf('stolen wake-up', 'error', stolenWakeUp),
  caseOf('pulse', 'deadlock', pulse),
  caseOf('counted too late', 'error', countedTooLate),
  caseOf('done too early', 'error', doneTooEarly),
  caseOf('closed by the first', 'error', closedByTheFirst),
  caseOf('permit lost in a timeout', 'error', permitLostInTimeout),
  caseOf('two upgrades', 'deadlock', upgrade),
  caseOf('out of order', 'error', outOfOrder),
  caseOf('started twice', 'error', startedTwice),
  caseOf('stale lease', 'error', staleLease),
  caseOf('answer to another', 'error', answerToAnother),
]
