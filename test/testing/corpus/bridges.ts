import assert from 'node:assert/strict'
import {
  AsyncResult,
  Event,
  Lock,
  Queue,
  Semaphore,
  Timeout,
  joinAll,
  shield,
  sleep,
  spawn,
  suspend,
  until,
  withTimeout,
  type Coroutine,
} from 'gvent'
import { caseOf, type Case } from './case.js'

/** What a promise brings comes between two steps of somebody else. */
function* promiseBetweenSteps(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const range = { low: 0, high: 0 }
  const load = async (): Promise<number> => Promise.resolve(1)
  const read = function* (): Coroutine<void> {
    yield* until(load())
    using _permit = isLocked ? yield* lock.acquire() : undefined
    assert.equal(range.low, range.high)
  }
  const write = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    range.low = 1
    yield
    range.high = 1
  }
  yield* joinAll([spawn(read), spawn(write)], { raiseError: true })
}

/** An async function and a greenlet sell the same piece. */
function* soldTwice(isReserved: boolean): Coroutine<void> {
  let stock = 1
  let sold = 0
  const log = new Queue<string>()
  const sellOnline = async (): Promise<void> => {
    await Promise.resolve()
    if (stock === 0) return
    stock--
    sold++
  }
  const sell = function* (): Coroutine<void> {
    if (stock === 0) return
    if (isReserved) stock--
    yield* log.put('sold')
    yield
    if (!isReserved) stock--
    sold++
  }
  const online = sellOnline()
  const shop = spawn(sell)
  yield* until(online)
  yield* shop
  assert.equal(sold, 1)
}

/** Async functions that read, wait and write, as they do without greenlets. */
function* lostUpdateOfPromises(isLocked: boolean): Coroutine<void> {
  const lock = new Semaphore(isLocked ? 1 : 2)
  const log = new Queue<number>()
  let count = 0
  const increment = async (): Promise<void> => {
    const permit = await lock.acquire()
    const before = count
    await log.put(before)
    count = before + 1
    permit.release()
  }
  yield* until(Promise.all([increment(), increment()]))
  assert.equal(count, 2)
}

/** A mailbox made by hand: a letter that is with somebody who has given up is lost. */
function* letterLost(isGivenBack: boolean): Coroutine<void> {
  const letters: string[] = []
  const takers: ((letter: string) => void)[] = []
  const post = (letter: string): void => {
    const taker = takers.shift()
    if (taker === undefined) letters.push(letter)
    else taker(letter)
  }
  const take = () =>
    suspend<string>((resolve) => {
      let mine: string | undefined
      const taker = (letter: string): void => {
        mine = letter
        resolve(letter)
      }
      takers.push(taker)
      return () => {
        if (takers.includes(taker)) takers.splice(takers.indexOf(taker), 1)
        if (isGivenBack && mine !== undefined) post(mine)
      }
    })
  const got: (string | undefined)[] = []
  const receiver = spawn(function* receiver() {
    got.push(yield* withTimeout(10, take(), { value: undefined }))
  })
  const sender = spawn(function* sender() {
    yield* sleep(9)
    post('hello')
  })
  yield* joinAll([receiver, sender])
  assert.deepEqual([...got, ...letters].filter(Boolean), ['hello'])
}

/** A sleep in place of a join: most of the time it is long enough. */
function* sleptInsteadOfJoined(isJoined: boolean): Coroutine<void> {
  const disk = new Lock()
  let isSaved = false
  const save = spawn(function* save() {
    yield* sleep(10)
    using _permit = yield* disk.acquire()
    isSaved = true
  })
  if (isJoined) yield* save
  else yield* sleep(20)
  assert.ok(isSaved)
}

/** A kill comes after something was opened and before the block that closes it. */
function* killedBeforeTry(isInside: boolean): Coroutine<void> {
  let open = 0
  const log = new Queue<string>()
  const use = function* (): Coroutine<void> {
    open++
    if (!isInside) yield* log.put('opened')
    try {
      if (isInside) yield* log.put('opened')
      yield* sleep(5)
    } finally {
      open--
    }
  }
  const user = spawn(use)
  yield
  yield
  user.kill()
  yield* user.join()
  assert.equal(open, 0)
}

/** What is killed between taking a job and doing it takes the job along. */
function* jobTakenAlong(isShielded: boolean): Coroutine<void> {
  const jobs = new Queue<number>()
  for (const job of [1, 2, 3]) jobs.putNowait(job)
  const done: number[] = []
  const worker = spawn(function* worker() {
    for (;;) {
      const job = yield* jobs.get()
      const work = function* (): Coroutine<void> {
        yield
        done.push(job)
      }
      if (isShielded) yield* shield(work())
      else yield* work()
    }
  })
  yield* sleep(0)
  yield
  worker.kill()
  yield* worker.join()
  while (!jobs.empty) done.push(jobs.getNowait())
  assert.deepEqual(done, [1, 2, 3])
}

/** Somebody is woken up while a flag is about to be cleared, and the clock has to move at that moment. */
function* clearedTooLate(isFirst: boolean): Coroutine<void> {
  const filled = new Event()
  const log = new Lock()
  const jobs: number[] = []
  let done = 0
  const worker = spawn(function* worker() {
    while (done < 2) {
      if (isFirst) filled.clear()
      while (jobs.shift() !== undefined) done++
      ;(yield* log.acquire()).release()
      if (!isFirst) filled.clear()
      if (done < 2) yield* filled.wait()
    }
  })
  for (const job of [1, 2]) {
    jobs.push(job)
    filled.set()
    yield* sleep(1)
  }
  yield* worker
}

/** A watch whose patience is the interval of what it watches. */
function* falseAlarm(isPatient: boolean): Coroutine<void> {
  const beats = new Queue<number>()
  const heart = spawn(function* heart() {
    for (let beat = 0; beat < 3; beat++) {
      yield* sleep(10)
      yield* beats.put(beat)
    }
  })
  let isDead = false
  try {
    for (let beat = 0; beat < 3; beat++) yield* beats.get({ timeout: isPatient ? 100 : 11 })
  } catch (error) {
    if (!(error instanceof Timeout)) throw error
    isDead = true
  }
  yield* heart
  assert.ok(!isDead)
}

/** Keys that come while a batch is under way are thrown away with it, and who asked for them waits for ever. */
function* forgottenInBatch(isTaken: boolean): Coroutine<void> {
  let asked: { key: string; answer: AsyncResult<string> }[] = []
  let isScheduled = false
  const database = new Semaphore(1)
  const flush = function* (): Coroutine<void> {
    const batch = Array.from(asked)
    if (isTaken) {
      asked = []
      isScheduled = false
    }
    ;(yield* database.acquire()).release()
    if (!isTaken) {
      asked = []
      isScheduled = false
    }
    for (const { key, answer } of batch) answer.set(key.toUpperCase())
  }
  const load = function* (key: string): Coroutine<string> {
    const answer = new AsyncResult<string>()
    asked.push({ key, answer })
    if (!isScheduled) spawn(flush)
    isScheduled = true
    return yield* answer.get()
  }
  const late = function* (): Coroutine<string> {
    yield
    return yield* load('b')
  }
  yield* joinAll([spawn(load, 'a'), spawn(late)])
}

/** Two windows have to be open at once, and a third one has to look then. */
function* twoWindows(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const log = new Semaphore(4)
  const open = { left: false, right: false }
  const step = function* (): Coroutine<void> {
    ;(yield* log.acquire()).release()
  }
  const air = function* (side: 'left' | 'right'): Coroutine<void> {
    yield* step()
    yield* step()
    using _permit = isLocked ? yield* lock.acquire() : undefined
    open[side] = true
    yield* step()
    open[side] = false
  }
  const look = function* (): Coroutine<void> {
    yield* step()
    assert.ok(!(open.left && open.right), 'there is a draught')
  }
  yield* joinAll([spawn(air, 'left'), spawn(air, 'right'), spawn(look)], { raiseError: true })
}

export const bridges: Case[] = [
  caseOf('promise between two steps', 'error', promiseBetweenSteps),
  caseOf('sold twice', 'error', soldTwice),
  caseOf('lost update of promises', 'error', lostUpdateOfPromises),
  caseOf('letter lost', 'error', letterLost),
  caseOf('slept instead of joined', 'error', sleptInsteadOfJoined),
  caseOf('killed before try', 'error', killedBeforeTry),
  caseOf('job taken along', 'error', jobTakenAlong),
  caseOf('cleared too late', 'deadlock', clearedTooLate),
  caseOf('false alarm', 'error', falseAlarm),
  caseOf('forgotten in a batch', 'deadlock', forgottenInBatch),
  caseOf('two windows', 'error', twoWindows),
]
