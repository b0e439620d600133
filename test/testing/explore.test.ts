import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { Event, Lock, Queue, Semaphore, getHub, joinAll, sleep, spawn, until, withTimeout, type Coroutine } from 'gvent'
import { choose, explore, simulate, sometimes, type StrategyName } from 'gvent/testing'
import { failureOf } from './failure-of.js'

/** Two greenlets that read, wait for a lock that is free, and write. */
function* lostUpdate(): Coroutine<void> {
  const lock = new Lock({ name: 'free' })
  let count = 0
  const increment = function* (): Coroutine<void> {
    const before = count
    using _permit = yield* lock.acquire()
    count = before + 1
  }
  yield* joinAll([spawn(increment), spawn(increment)])
  assert.equal(count, 2)
}

function* nothingWrong(): Coroutine<void> {
  const lock = new Lock()
  let count = 0
  const increment = function* (): Coroutine<void> {
    using _permit = yield* lock.acquire()
    const before = count
    yield
    count = before + 1
  }
  yield* joinAll([spawn(increment), spawn(increment), spawn(increment)])
  assert.equal(count, 3)
}

test('a failure is told with its kind, its cause, its switches and who ran when', async () => {
  const failure = await failureOf(explore(lostUpdate))
  assert.equal(failure.kind, 'error')
  assert.equal(failure.name, 'SimulationFailure')
  assert.equal(failure.code, 'GVENT_SIMULATION_FAILURE')
  assert.ok(failure.cause instanceof assert.AssertionError)
  assert.equal(failure.switches.length, 1)
  assert.match(
    failure.switches[0]!,
    /^after "increment" at explore\.test\.(ts|js):\d+ Lock "free"\.acquire: run "increment#3" instead of going on with "increment"$/,
  )
  assert.match(failure.diagram, /time +lostUpdate +increment +increment#3\n/)
  assert.match(failure.diagram, /\n▶ /)
  assert.match(
    failure.message,
    /an error: AssertionError: .*\nin schedule \d+, with 1 unusual decision:\n {2}1\. after/s,
  )
  assert.ok(failure.message.includes(`simulate({ replay: '${failure.token}' }, fn)`))
})

test('a token repeats the failure exactly', async () => {
  const { token } = await failureOf(explore(lostUpdate))
  assert.match(token, /^g1[\w-]{4,30}$/)
  for (let time = 0; time < 3; time++) await assert.rejects(simulate({ replay: token }, lostUpdate), /1 !== 2/)
})

test('a program without a fault passes, and all schedules are tried', async () => {
  const { schedules, steps, complete, uncontrolled } = await explore(nothingWrong, { schedules: 300 })
  assert.equal(schedules, 300)
  assert.ok(steps > 300 * 7, String(steps))
  assert.equal(complete, false)
  assert.deepEqual(uncontrolled, [])
})

test('the same seed finds the same failure on every platform', async () => {
  const { token, schedule } = await failureOf(explore(lostUpdate, { seed: 5 }))
  assert.equal(`${token} in schedule ${schedule}`, 'g1BkDw4Jlx238SBB in schedule 3')
})

test('the same seed finds the same failure in the same schedule', async () => {
  const first = await failureOf(explore(lostUpdate, { seed: 5 }))
  const second = await failureOf(explore(lostUpdate, { seed: 5 }))
  assert.equal(first.message, second.message)
  const others = new Set<number>()
  for (let seed = 0; seed < 20; seed++) others.add((await failureOf(explore(lostUpdate, { seed }))).schedule)
  assert.ok(others.size > 1)
})

for (const strategy of ['portfolio', 'random', 'pct', 'uniform', 'delays', 'exhaustive'] satisfies StrategyName[]) {
  test(`the strategy ${strategy} finds a lost update, and nothing where nothing is wrong`, async () => {
    assert.equal((await failureOf(explore(lostUpdate, { strategy }))).kind, 'error')
    await explore(nothingWrong, { strategy, schedules: 200 })
  })
}

test('production’s order hides a lost update', async () => {
  await explore(lostUpdate, { strategy: 'production', schedules: 10 })
})

test('an exhaustive exploration of a tiny program tries every schedule once, and says that it is complete', async () => {
  const orders = new Map<string, number>()
  const { complete, schedules } = await explore(
    function* () {
      let order = ''
      const greenlets = Array.from('abc', (name) => spawn(() => void (order += name)))
      yield* joinAll(greenlets)
      orders.set(order, (orders.get(order) ?? 0) + 1)
    },
    { strategy: 'exhaustive' },
  )
  assert.equal(complete, true)
  // Production's order is tried twice, to see whether it gives the same run.
  assert.equal(schedules, 6 + 1)
  assert.deepEqual(Array.from(orders.keys()).sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
})

test('a strategy of one’s own is asked for every decision', async () => {
  let picks = 0
  await explore(nothingWrong, {
    schedules: 3,
    strategy: {
      begin: () => true,
      pick: ({ count }) => {
        picks++
        return count - 1
      },
      choose: () => 0,
      rare: () => 0,
      end: () => undefined,
    },
  })
  assert.ok(picks > 0)
})

test('equal deadlines ring in any order', async () => {
  const { kind, switches } = await failureOf(
    explore(function* () {
      const order: string[] = []
      const wake = function* (name: string): Coroutine<void> {
        yield* sleep(10)
        order.push(name)
      }
      yield* joinAll([spawn(wake, 'first'), spawn(wake, 'second')])
      assert.deepEqual(order, ['first', 'second'])
    }),
  )
  assert.equal(kind, 'error')
  assert.equal(switches.length, 1)
})

test('a timer may ring while a greenlet is ready, within the slowness that is allowed', async () => {
  const program = function* (): Coroutine<void> {
    const event = new Event()
    spawn(function* () {
      for (let step = 0; step < 5; step++) yield
      event.set()
    })
    assert.equal(yield* event.wait({ timeout: 20 }), true)
  }
  const { switches, diagram } = await failureOf(explore(program))
  assert.match(switches.join(), /compute until 20 ms/)
  assert.match(diagram, /20 ms +the timeout of Event\.wait of "program" rings/)
  await explore(program, { slowness: 0 })
  await explore(program, { slowness: 95 })
})

test('what sleeps long enough for the others to be done is not woken before', async () => {
  await explore(function* () {
    const log: string[] = []
    for (const milliseconds of [1, 2, 3]) {
      spawn(function* () {
        yield* sleep(milliseconds)
        yield
        log.push('done')
      })
    }
    yield* sleep(50)
    assert.equal(log.length, 3)
  })
})

test('a promise may call back while greenlets are ready', async () => {
  const program = function* (): Coroutine<void> {
    const range = { low: 0, high: 0 }
    const load = async (): Promise<number> => Promise.resolve(1)
    const read = function* reader(): Coroutine<void> {
      yield* until(load())
      assert.equal(range.low, range.high)
    }
    const write = function* writer(): Coroutine<void> {
      range.low = 1
      yield
      range.high = 1
    }
    yield* joinAll([spawn(read), spawn(write)], { raiseError: true })
  }
  const { kind, switches, token } = await failureOf(explore(program))
  assert.equal(kind, 'error')
  assert.match(switches.join(), /let promises call back while greenlets are ready/)
  await assert.rejects(simulate({ replay: token }, program), /0|1/)
  await explore(program, { slowness: 0, schedules: 200 })
})

test('an async function may go on between the steps of a greenlet', async () => {
  const { kind, switches } = await failureOf(
    explore(async () => {
      const range = { low: 0, high: 0 }
      const lock = new Lock()
      const writer = spawn(function* writer() {
        range.low = 1
        yield
        range.high = 1
      })
      ;(await lock.acquire()).release()
      assert.equal(range.low, range.high)
      await writer
    }),
  )
  assert.equal(kind, 'error')
  assert.ok(switches.length <= 2, switches.join('\n'))
})

test('sleepers wake in the order of their deadlines, however slow the machine is', async () => {
  const passed = new Set<number>()
  await explore(function* () {
    const order: string[] = []
    const wake = function* (name: string, milliseconds: number): Coroutine<void> {
      yield* sleep(milliseconds)
      passed.add(getHub().now() - milliseconds)
      order.push(name)
    }
    yield* joinAll([spawn(wake, 'third', 30), spawn(wake, 'second', 20), spawn(wake, 'first', 10)])
    assert.deepEqual(order, ['first', 'second', 'third'])
  })
  assert.deepEqual(Array.from(passed).sort(), [0, 10, 20])
})

test('a result and the timeout that races with it are tried in both orders', async () => {
  const outcomes = new Set<string>()
  await explore(
    function* () {
      const queue = new Queue<string>()
      spawn(function* () {
        yield* sleep(10)
        queue.putNowait('result')
      })
      outcomes.add(yield* withTimeout(10, queue.get(), { value: 'timeout' }))
    },
    { schedules: 200, slowness: 0 },
  )
  assert.deepEqual(Array.from(outcomes).sort(), ['result', 'timeout'])
})

test('choose() takes every value, and is told where it was not 0', async () => {
  const seen = new Set<number>()
  const { switches } = await failureOf(
    explore(() => {
      const choice = choose(3, 'the weather')
      seen.add(choice)
      assert.notEqual(choice, 2)
    }),
  )
  assert.deepEqual(switches, ['choose 2 of 3 for the weather'])
  assert.ok(seen.has(0))
})

test('choose() outside of a simulation, or among nothing, is refused', () => {
  assert.throws(() => choose(2), { code: 'GVENT_NO_SIMULATION' })
  assert.throws(() => choose(0), RangeError)
})

test('a deadlock, a leak, a livelock and a broken invariant are told as such', async () => {
  const locks = function* (): Coroutine<void> {
    const [left, right] = [new Lock({ name: 'left' }), new Lock({ name: 'right' })]
    const both = function* (first: Lock, second: Lock): Coroutine<void> {
      using _first = yield* first.acquire()
      using _second = yield* second.acquire()
    }
    yield* joinAll([spawn(both, left, right), spawn(both, right, left)])
  }
  const deadlock = await failureOf(explore(locks))
  assert.equal(deadlock.kind, 'deadlock')
  assert.equal(deadlock.switches.length, 1)
  assert.match(deadlock.message, /waiting for Lock "left"\.acquire/)

  const leak = await failureOf(
    explore(function* () {
      const queue = new Queue<number>()
      const take = function* (): Coroutine<void> {
        if (queue.empty) return
        yield
        yield* queue.get()
      }
      queue.putNowait(1)
      const first = spawn(take)
      spawn(take)
      yield* first.join()
    }),
  )
  assert.equal(leak.kind, 'leak')

  const livelock = await failureOf(
    explore(
      function* () {
        let turn = 0
        const wait = function* (mine: number): Coroutine<void> {
          while (turn !== mine) yield
          turn = 1
        }
        yield* joinAll([spawn(wait, 1), spawn(wait, 2)])
      },
      { maxSteps: 500 },
    ),
  )
  assert.equal(livelock.kind, 'livelock')

  let held = 0
  const check = (): void => {
    assert.ok(held <= 1, `${held} hold it`)
  }
  const invariant = await failureOf(
    explore(
      function* () {
        held = 0
        const slots = new Semaphore(2)
        const hold = function* (): Coroutine<void> {
          using _permit = yield* slots.acquire()
          held++
          yield* slots.wait({ timeout: 0 })
          held--
        }
        yield* joinAll([spawn(hold), spawn(hold)])
      },
      { check },
    ),
  )
  assert.equal(invariant.kind, 'invariant')
  assert.match(invariant.message, /an invariant broke after a step of "hold.*": AssertionError: 2 hold it/)
})

test('a schedule that is unfair is no livelock', async () => {
  await explore(
    function* () {
      let isOver = false
      const [there, back] = [new Queue<number>(), new Queue<number>()]
      const play = function* (from: Queue<number>, to: Queue<number>): Coroutine<void> {
        for (let ball = yield* from.get(); !isOver; ball = yield* from.get()) to.putNowait(ball)
        to.putNowait(0)
      }
      there.putNowait(0)
      const end = spawn(() => {
        isOver = true
      })
      yield* joinAll([spawn(play, there, back), spawn(play, back, there), end])
    },
    { maxSteps: 1000, schedules: 200 },
  )
})

test('a program that differs from run to run is found, and what it uses is named', async (t) => {
  let fraction = 0
  t.mock.method(Math, 'random', () => (fraction = 1 - fraction))
  const { kind, message } = await failureOf(
    explore(function* dice() {
      if (Math.random() < 0.5) yield
      yield* sleep(Date.now() % 1)
    }),
  )
  assert.equal(kind, 'nondeterminism')
  assert.match(message, /Math\.random at .*dice .*explore\.test/)
  assert.match(message, /Date at .*dice .*explore\.test/)
})

test('chance that was imported by name is named as well', async () => {
  let calls = 0
  const { kind, message } = await failureOf(
    explore(function* dice() {
      if (calls++ % 2 === 0) yield
      yield* sleep(Number(process.hrtime.bigint() % 1n) + randomInt(1))
    }),
  )
  assert.equal(kind, 'nondeterminism')
  assert.match(message, /crypto\.randomInt at .*dice .*explore\.test/)
  assert.match(message, /process\.hrtime\.bigint at .*dice .*explore\.test/)
})

test('what a run leaves behind for the next is found', async () => {
  let runs = 0
  const { kind, message } = await failureOf(
    explore(function* () {
      runs++
      for (let step = 0; step < runs; step++) yield
    }),
  )
  assert.equal(kind, 'nondeterminism')
  assert.match(message, /state that one run leaves for the next/)
})

test('a failure that cannot be repeated is not taken for one of the schedule', async () => {
  let runs = 0
  const error = new Error('on purpose')
  const { kind, cause } = await failureOf(
    explore(() => {
      if (++runs === 7) throw error
    }),
  )
  assert.equal(kind, 'nondeterminism')
  assert.equal(cause, error)
})

test('what is beyond control is named, and the exploration goes on', async () => {
  const { uncontrolled } = await explore(
    function* downloads() {
      yield* until(new Promise((resolve) => setImmediate(resolve)))
    },
    { schedules: 5 },
  )
  assert.deepEqual(uncontrolled, ['"downloads" waits for a promise'])
})

test('an exploration fails if a mark was never hit', async () => {
  const program = function* (): Coroutine<void> {
    const order: string[] = []
    yield* joinAll(Array.from('ab', (name) => spawn(() => void order.push(name))))
    sometimes('b before a', order[0] === 'b')
    sometimes('neither', order.length === 0)
  }
  const { kind, message } = await failureOf(explore(program, { schedules: 50 }))
  assert.equal(kind, 'mark')
  assert.match(message, /never hit in 50 schedules: sometimes\("neither"\)$/)
})

test('marks are counted, and those that are expected must be hit', async () => {
  const program = (): void => {
    if (choose(2) === 1) sometimes('one')
  }
  const { marks } = await explore(program, { schedules: 50, marks: ['one'] })
  assert.ok(marks.get('one')! > 5)
  assert.match(
    (await failureOf(explore(program, { schedules: 50, marks: ['two'] }))).message,
    /never hit .*sometimes\("two"\)/,
  )
})

test('sometimes() outside of an exploration does nothing', () => {
  sometimes('whatever', false)
  assert.throws(() => {
    sometimes(1 as never)
  }, TypeError)
})

test('wrong options are refused', async () => {
  const nothing = (): void => undefined
  await assert.rejects(explore(nothing, { schedules: 0 }), /schedules .* whole number from 1, got 0/)
  await assert.rejects(explore('fn' as never), /expected a function, got "fn"/)
  const refused: [options: object, message: RegExp][] = [
    [{ awaits: 'any' }, /\{ awaits \} must be 'free' or 'native', got "any"/],
    [{ globals: 'yes' }, /\{ globals \} must be true or false, got "yes"/],
    [{ autojump: 1 }, /\{ autojump \} must be true or false, got 1/],
    [{ cancel: null }, /\{ cancel \} must be true or false, got null/],
    [
      { strategy: {} },
      /\{ strategy \} must be one of .*, or a Strategy with begin, pick, choose, rare and end; got an object/,
    ],
    [{ marks: 5 }, /\{ marks \} must be a list of labels, got 5/],
    [{ marks: 'label' }, /\{ marks \} must be a list of labels, got "label"/],
    [{ marks: [1] }, /\{ marks \} must be a list of labels, got 1 in it/],
    [{ network: 5 }, /\{ network \} must be options, or false for the real one; got 5/],
    [{ network: { latency: 5 } }, /\{ network: \{ latency \} \} must be \[least, most\] in milliseconds, got 5/],
    [{ network: { latency: [10, 1] } }, /latency \} \} must be \[least, most\] in milliseconds, got \[10, 1\]/],
    [{ network: { bandwidth: 0 } }, /bandwidth \} \} must be a number of bytes above 0, got 0/],
    [{ network: { window: NaN } }, /window \} \} must be a number of bytes above 0, got NaN/],
    [{ network: { shortReads: 'no' } }, /shortReads \} \} must be true or false, got "no"/],
  ]
  for (const [options, message] of refused) {
    await assert.rejects(explore(nothing, options), message)
    if (!('marks' in options)) await assert.rejects(simulate(options, nothing), message)
  }
})

test('an invariant that gives false is broken, too', async () => {
  const { kind, message } = await failureOf(explore(nothingWrong, { check: () => false }))
  assert.equal(kind, 'invariant')
  assert.match(message, /check gave false/)
})

test('the story says where an error was raised, and a repetition tells it, too', async () => {
  const failure = await failureOf(explore(lostUpdate))
  assert.match(failure.diagram, /fails at explore\.test\.(ts|js):\d+: AssertionError/)
  const repeated = await failureOf(simulate({ replay: failure.token }, lostUpdate))
  assert.equal(repeated.diagram, failure.diagram)
  assert.deepEqual(repeated.switches, failure.switches)
  assert.equal(repeated.token, failure.token)
  assert.ok(repeated.cause instanceof assert.AssertionError)
})

test('the story tells of a kill: who did it where, and that the end was one', async () => {
  function* program(): Coroutine<void> {
    const worker = spawn(function* victim() {
      yield* sleep(Infinity)
    })
    yield
    worker.kill()
    yield* worker.join()
    assert.fail('to see the story')
  }
  const { diagram } = await failureOf(explore(program))
  assert.match(diagram, /explore\.test\.(ts|js):\d+ kills "victim"\n/)
  assert.match(diagram, /ends, killed\n/)
})

test('a greenlet that gives way by sleep(0) has its line in the story', async () => {
  const failure = await failureOf(
    explore(function* () {
      yield* sleep(0)
      assert.fail('to see the story')
    }),
  )
  assert.match(failure.diagram, /explore\.test\.(ts|js):\d+ sleep\(0\)\n/)
})
