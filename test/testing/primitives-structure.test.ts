import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Event,
  GreenletExit,
  Group,
  Lock,
  Pool,
  Queue,
  Timeout,
  all,
  call,
  iwait,
  joinAll,
  killAll,
  race,
  scope,
  shield,
  sleep,
  spawn,
  supervise,
  withTimeout,
  type Coroutine,
  type Operation,
} from 'gvent'
import { cancelEverywhere, choose, explore, waitAllBlocked } from 'gvent/testing'
import { schedulesOf } from './schedules.js'

const schedules = schedulesOf(200)

/**
 * Runs a program in many schedules, in many with kills and timeouts, and with each possible kill and timeout. The
 * program's own greenlet is spared: it looks at what is left.
 */
function ordeal(name: string, body: () => Coroutine<void>): void {
  const program = (): Operation<void> => shield(body)
  test(`${name}, whatever the order and whoever is killed`, async () => {
    await explore(program, { schedules })
    await explore(program, { schedules, cancel: true })
    await cancelEverywhere(program)
  })
}

/** Counts what is open, and who cleaned up how often. */
class Ledger {
  readonly open = new Set<string>()
  readonly closed: string[] = []

  check(): void {
    assert.deepEqual(Array.from(this.open), [], 'something is open at the end')
    assert.equal(new Set(this.closed).size, this.closed.length, `cleaned up twice: ${this.closed.join()}`)
  }

  *use(name: string, work: () => Operation<unknown> | Coroutine<unknown>): Coroutine<void> {
    assert.ok(!this.open.has(name), `${name} is used twice`)
    this.open.add(name)
    try {
      yield* work()
    } finally {
      this.closed.push(name)
      // Cleanup may wait.
      yield* shield(sleep(1))
      this.open.delete(name)
    }
  }
}

/** What came of an operation: a kill and a timeout are no news here. */
function* settle(operation: Operation<unknown>): Coroutine<unknown> {
  try {
    return yield* operation
  } catch (error) {
    if (error instanceof GreenletExit || error instanceof Timeout || error instanceof AggregateError) return error
    throw error
  }
}

ordeal('no child outlives its scope', function* () {
  const ledger = new Ledger()
  const gate = new Event()
  const owner = spawn(function* owner() {
    yield* scope(function* (s) {
      s.spawn(() => ledger.use('first', () => gate.wait()))
      s.spawn(function* () {
        yield* scope(function* (inner) {
          inner.spawn(() => ledger.use('inner', () => sleep(5)))
          yield* ledger.use('body', () => sleep(2))
        })
      })
      yield
      gate.set()
    })
    ledger.check()
  })
  yield* owner.join()
  ledger.check()
})

ordeal('the first error of a scope ends the others, and every one of them cleans up', function* () {
  const ledger = new Ledger()
  const error = new Error('on purpose')
  const owner = spawn(function* owner() {
    try {
      yield* scope(function* (s) {
        s.spawn(() => ledger.use('sleeper', () => sleep(1000)))
        s.spawn(() =>
          ledger.use('failing', function* () {
            yield
            throw error
          }),
        )
        yield* ledger.use('body', () => sleep(1000))
      })
    } catch (raised) {
      const errors: unknown[] = raised instanceof AggregateError ? raised.errors : [raised]
      assert.ok(errors.every((each) => each === error || each instanceof GreenletExit || each instanceof Timeout))
    }
    ledger.check()
  })
  yield* owner.join()
  assert.equal(owner.error instanceof assert.AssertionError, false, String(owner.error))
  ledger.check()
})

ordeal('a pool never holds more than its size, and lets everybody in who waits', function* () {
  const pool = new Pool(2)
  const ledger = new Ledger()
  let inside = 0
  let begun = 0
  const job = (name: string): Coroutine<void> =>
    ledger.use(name, function* () {
      begun++
      inside++
      assert.ok(inside <= 2, `${inside} inside`)
      try {
        yield* sleep(choose(2, 'the work'))
      } finally {
        inside--
      }
    })
  const clients = Array.from('abcd', (name) =>
    spawn(function* () {
      const greenlet = yield* pool.spawn(job, name)
      yield* greenlet.join()
    }),
  )
  yield* joinAll(clients)
  yield* pool.join()
  assert.deepEqual([pool.size, pool.freeCount, inside], [0, 2, 0])
  assert.ok(begun <= 4)
  ledger.check()
})

ordeal('a pool that is killed is empty, and works on', function* () {
  const pool = new Pool(1)
  const ledger = new Ledger()
  const clients = Array.from('ab', (name) =>
    spawn(function* () {
      yield* pool.spawn(() => ledger.use(name, () => sleep(10)))
    }),
  )
  yield
  yield* killAll(clients)
  yield* pool.kill()
  assert.equal(pool.size, 0)
  ledger.check()
  const later = yield* pool.spawn(() => 'later')
  yield* later.join()
  assert.equal(pool.freeCount, 1)
})

ordeal('map gives every result in order, or nothing is left of it', function* () {
  const group = choose(2, 'the kind of group') === 0 ? new Group() : new Pool(2)
  const client = spawn(function* () {
    const squares = yield* group.map(
      function* (number: number) {
        yield* sleep(3 - number)
        return number * number
      },
      [1, 2, 3],
    )
    if (squares.every((each) => typeof each === 'number')) assert.deepEqual(squares, [1, 4, 9])
  })
  yield* client.join()
  yield* group.kill()
  assert.equal(group.size, 0)
})

ordeal('of a race exactly one takes effect, and the others have cleaned up when it is over', function* () {
  const queue = new Queue<string>()
  const lock = new Lock()
  const ledger = new Ledger()
  const won: unknown[] = []
  const racer = spawn(function* racer() {
    won.push(
      yield* race([
        queue.get(),
        call(function* () {
          yield* ledger.use('slow', () => sleep(2))
          return 'slow'
        }),
        call(function* () {
          using _permit = yield* lock.acquire()
          yield* ledger.use('locked', () => sleep(choose(4, 'the latency')))
          return 'locked'
        }),
      ]),
    )
    ledger.check()
    assert.equal(lock.locked, false)
  })
  const feeder = spawn(function* feeder() {
    yield* sleep(1)
    queue.putNowait('item')
    return 'fed'
  })
  yield* joinAll([racer, feeder])
  yield* sleep(5)
  ledger.check()
  assert.equal(lock.locked, false)
  if (feeder.value === 'fed') assert.equal(queue.size, won.includes('item') ? 0 : 1)
})

ordeal('what a race has won is not lost to a kill while the others clean up', function* () {
  const queue = new Queue<string>()
  const ledger = new Ledger()
  let won: unknown
  const racer = spawn(function* racer() {
    try {
      won = yield* race([queue.get(), call(() => ledger.use('slow', () => sleep(2)))])
    } finally {
      ledger.check()
    }
  })
  yield* sleep(1)
  queue.putNowait('item')
  yield* racer.join()
  assert.equal(queue.size, won === 'item' ? 0 : 1)
})

ordeal('all gives all, or cancels all', function* () {
  const queue = new Queue<number>()
  const ledger = new Ledger()
  const waiter = spawn(() =>
    settle(withTimeout(10, all([queue.get(), queue.get(), call(() => ledger.use('call', () => sleep(2)))]))),
  )
  const feeder = spawn(function* () {
    queue.putNowait(1)
    yield* sleep(1)
    queue.putNowait(2)
    return 'fed'
  })
  yield* joinAll([waiter, feeder])
  ledger.check()
  if (Array.isArray(waiter.value)) assert.deepEqual(waiter.value.slice(0, 2), [1, 2])
  else if (feeder.value === 'fed') assert.deepEqual([queue.getNowait(), queue.getNowait()], [1, 2])
})

ordeal('withTimeout never takes what it does not give', function* () {
  const queue = new Queue<string>()
  const getter = spawn(() => settle(withTimeout(2, queue.get(), { value: undefined })))
  const putter = spawn(function* () {
    yield* sleep(choose(4, 'the latency'))
    queue.putNowait('item')
    return 'put'
  })
  yield* joinAll([getter, putter])
  if (putter.value === 'put') assert.equal(queue.size, getter.value === 'item' ? 0 : 1)
  else assert.equal(queue.size, 0)
})

ordeal('a shield holds kills off to the end of what it protects, and no longer', function* () {
  const steps: string[] = []
  const greenlet = spawn(function* () {
    try {
      steps.push('begun')
      yield* shield(function* () {
        yield* sleep(2)
        yield
        steps.push('protected')
      })
      yield* sleep(100)
      steps.push('after')
    } finally {
      steps.push('cleaned up')
    }
  })
  yield
  greenlet.kill()
  yield* greenlet.join()
  assert.ok(!steps.includes('after'))
  if (steps.includes('begun'))
    assert.deepEqual(
      steps.filter((step) => step !== 'protected'),
      ['begun', 'cleaned up'],
    )
})

ordeal('those who wait for the end of greenlets are told, each once', function* () {
  const workers = Array.from('abc', () => spawn(() => sleep(choose(3, 'the work'))))
  const joiner = spawn(() => joinAll(workers))
  const follower = spawn(function* () {
    const ended = new Set<unknown>()
    for (const next of iwait(workers)) {
      const worker = yield* next
      assert.ok(worker.dead)
      assert.ok(!ended.has(worker))
      ended.add(worker)
    }
    return ended.size
  })
  let links = 0
  for (const worker of workers) worker.link(() => (links += 1))
  yield* joinAll([...workers, joiner, follower])
  yield* waitAllBlocked()
  assert.ok(links <= 3, `${links} links were called`)
  if (joiner.successful && !(joiner.value instanceof GreenletExit)) assert.equal(joiner.value?.length, 3)
  if (typeof follower.value === 'number') assert.equal(follower.value, 3)
})

ordeal('supervised children are restarted, and gone when the supervisor is', function* () {
  const ledger = new Ledger()
  let runs = 0
  const supervisor = spawn(() =>
    settle(
      supervise(
        [
          {
            name: 'flaky',
            run: () =>
              ledger.use(`run ${++runs}`, function* () {
                yield* sleep(1)
                if (runs < 3) throw new Error('on purpose')
              }),
          },
          { name: 'steady', restart: 'temporary', run: () => ledger.use('steady', () => sleep(20)) },
        ],
        { intensity: 10, onFailure: () => undefined },
      ),
    ),
  )
  yield* supervisor.join()
  ledger.check()
})
