import assert from 'node:assert/strict'
import { Event, Lock, Pool, Queue, Semaphore, joinAll, sleep, spawn, withTimeout, type Coroutine } from 'gvent'
import { caseOf, type Case } from './case.js'

/** Two locks in two orders. */
function* lockOrder(isOrdered: boolean): Coroutine<void> {
  const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })]
  const both = function* (first: Lock, second: Lock): Coroutine<void> {
    using _first = yield* first.acquire()
    using _second = yield* second.acquire()
  }
  yield* joinAll([spawn(both, a, b), isOrdered ? spawn(both, a, b) : spawn(both, b, a)])
}

/** Three philosophers, each of whom takes the fork on the left first. */
function* philosophers(hasLefty: boolean): Coroutine<void> {
  const forks = ['red', 'green', 'blue'].map((name) => new Lock({ name }))
  const dine = function* philosopher(seat: number): Coroutine<void> {
    const [left, right] = [forks[seat]!, forks[(seat + 1) % 3]!]
    const [first, second] = hasLefty && seat === 2 ? [right, left] : [left, right]
    using _first = yield* first.acquire()
    using _second = yield* second.acquire()
  }
  yield* joinAll([0, 1, 2].map((seat) => spawn(dine, seat)))
}

/** The flag is looked at, and then, after another wait, the signal is waited for; it may have come in between. */
function* missedWakeUp(looksAgain: boolean): Coroutine<void> {
  const lock = new Lock()
  const changed = new Event()
  let isReady = false
  const consume = function* (): Coroutine<void> {
    while (!isReady) {
      if (looksAgain) changed.clear()
      ;(yield* lock.acquire()).release()
      if (!looksAgain) changed.clear()
      yield* changed.wait()
    }
  }
  const produce = function* (): Coroutine<void> {
    ;(yield* lock.acquire()).release()
    isReady = true
    changed.set()
  }
  yield* joinAll([spawn(consume), spawn(produce)])
}

/** A bounded buffer with one bell for everybody: the bell may wake the wrong one. */
function* wrongWaiter(ringsAll: boolean): Coroutine<void> {
  const items: number[] = []
  const bells: Event[] = []
  const listen = function* (): Coroutine<void> {
    const bell = new Event()
    bells.push(bell)
    yield* bell.wait()
  }
  const ring = (): void => {
    for (const bell of bells.splice(0, ringsAll ? bells.length : 1)) bell.set()
  }
  const produce = function* (): Coroutine<void> {
    for (let item = 0; item < 2; item++) {
      while (items.length === 1) yield* listen()
      items.push(item)
      ring()
    }
  }
  const consume = function* (): Coroutine<void> {
    while (items.length === 0) yield* listen()
    items.shift()
    ring()
  }
  yield* joinAll([spawn(produce), spawn(consume), spawn(consume)])
}

/** Each worker of a full pool waits for work that it gave to the same pool. */
function* poolOnItself(isNestedApart: boolean): Coroutine<void> {
  const outer = new Pool(2)
  const inner = isNestedApart ? new Pool(2) : outer
  const part = function* (): Coroutine<number> {
    yield
    return 1
  }
  const job = function* (): Coroutine<number> {
    const child = yield* inner.spawn(part)
    return yield* child
  }
  const jobs = [yield* outer.spawn(job)]
  yield
  jobs.push(yield* outer.spawn(job))
  yield* joinAll(jobs)
  assert.ok(jobs.every((each) => each.value === 1))
}

/** Readers that hold the door open for one another keep the writer out. */
function* starvation(isFair: boolean): Coroutine<void> {
  const changed: Event[] = []
  let readers = 0
  let isWriting = false
  let writersWaiting = 0
  let isOver = false
  const wait = function* (): Coroutine<void> {
    const event = new Event()
    changed.push(event)
    yield* event.wait()
  }
  const notify = (): void => {
    for (const event of changed.splice(0)) event.set()
  }
  const read = function* reader(): Coroutine<void> {
    for (let round = 0; !isOver; round++) {
      while (isWriting || (isFair && writersWaiting > 0)) yield* wait()
      readers++
      yield
      readers--
      if (readers === 0) notify()
      yield
      assert.ok(round < 30, 'the writer starves')
    }
  }
  const write = function* writer(): Coroutine<void> {
    writersWaiting++
    while (readers > 0) yield* wait()
    writersWaiting--
    isWriting = true
    yield
    isWriting = false
    isOver = true
    notify()
  }
  yield* joinAll([spawn(write), spawn(read), spawn(read)])
}

/** Two that are polite give way to one another for ever. */
function* livelock(isRanked: boolean): Coroutine<void> {
  const wants = [false, false]
  const pass = function* (me: number): Coroutine<void> {
    const other = 1 - me
    if (me === 1) yield
    wants[me] = true
    yield
    while (wants[other]) {
      yield
      if (isRanked && me === 0) continue
      wants[me] = false
      yield
      wants[me] = true
      yield
    }
    wants[me] = false
  }
  yield* joinAll([spawn(pass, 0), spawn(pass, 1)])
}

/** Three that meet twice, at a barrier that opens by a count which the next round sets back too early. */
function* barrierTooEarly(hasTwoGates: boolean): Coroutine<void> {
  let arrived = 0
  let gate = new Event()
  const meet = function* (): Coroutine<void> {
    arrived++
    if (arrived < 3) {
      const mine = gate
      do yield* (hasTwoGates ? mine : gate).wait()
      while (!hasTwoGates && arrived < 3 && arrived > 0)
      return
    }
    arrived = 0
    gate.set()
    gate = new Event()
  }
  const rounds = [0, 0, 0]
  const work = function* (me: number): Coroutine<void> {
    for (let round = 1; round <= 2; round++) {
      rounds[me] = round
      yield* meet()
      assert.ok(
        rounds.every((other) => other >= round),
        `${rounds.join()} in round ${round}`,
      )
      yield
    }
  }
  yield* joinAll([spawn(work, 0), spawn(work, 1), spawn(work, 2)])
}

/** What is handed over by a timed-out getter has to go somewhere. */
function* timeoutAndResult(keepsResult: boolean): Coroutine<void> {
  const requests = new Queue<{ reply: Queue<string> }>()
  const served: string[] = []
  const server = spawn(function* server() {
    const { reply } = yield* requests.get()
    yield* sleep(9)
    reply.putNowait('answer')
    served.push('answer')
  })
  const reply = new Queue<string>()
  yield* requests.put({ reply })
  const answer = yield* withTimeout(10, reply.get(), { value: 'none' })
  yield* server
  const late = answer === 'none' && !reply.empty ? reply.getNowait() : undefined
  if (keepsResult) assert.ok(answer === 'answer' || late === 'answer')
  else assert.equal(answer, 'answer')
}

/** The order of two sleepers with the same deadline. */
function* equalTimers(hasOrder: boolean): Coroutine<void> {
  const log: string[] = []
  const opened = new Event()
  const open = function* (): Coroutine<void> {
    yield* sleep(100)
    log.push('open')
    opened.set()
  }
  const use = function* (): Coroutine<void> {
    yield* sleep(100)
    if (hasOrder) yield* opened.wait()
    log.push('use')
  }
  yield* joinAll([spawn(open), spawn(use)])
  assert.deepEqual(log, ['open', 'use'])
}

/** Semaphores in place of a condition: a signal that nobody waits for has to be kept. */
function* lostSignal(isKept: boolean): Coroutine<void> {
  const signal = new Semaphore(0)
  const lock = new Lock()
  let waiting = 0
  const await_ = function* (): Coroutine<void> {
    {
      using _permit = yield* lock.acquire()
      if (!isKept) {
        yield
        waiting++
      } else waiting++
    }
    yield* signal.acquire()
  }
  const notify = function* (): Coroutine<void> {
    yield
    while (isKept && waiting === 0) yield
    if (waiting > 0) signal.release()
  }
  yield* joinAll([spawn(await_), spawn(notify)])
}

export const waiting: Case[] = [
  caseOf('lock order', 'deadlock', lockOrder),
  caseOf('philosophers', 'deadlock', philosophers),
  caseOf('missed wake-up', 'deadlock', missedWakeUp),
  caseOf('wrong waiter woken', 'deadlock', wrongWaiter),
  caseOf('lost signal', 'deadlock', lostSignal),
  caseOf('pool on itself', 'deadlock', poolOnItself),
  caseOf('writer starvation', 'error', starvation),
  caseOf('livelock', 'livelock', livelock),
  caseOf('barrier too early', 'deadlock', barrierTooEarly),
  caseOf('timeout and result', 'error', timeoutAndResult),
  caseOf('equal timers', 'error', equalTimers),
]
