import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Channel,
  Event,
  Lock,
  Pool,
  Queue,
  Timeout,
  getHub,
  idle,
  joinAll,
  race,
  run,
  sleep,
  spawn,
  spawnLater,
  until,
  withTimeout,
  type Coroutine,
  type Greenlet,
} from 'gvent'
import { explore, simulate } from 'gvent/testing'
import { startProgram } from '../io/program.js'
import { failureOf } from './failure-of.js'

test('a simulation gives what its function returns', async () => {
  assert.equal(await simulate(() => 'plain'), 'plain')
  assert.equal(
    await simulate(function* () {
      yield* sleep(1)
      return 'green'
    }),
    'green',
  )
})

test('the clock jumps: an hour of sleeps takes no time', async () => {
  const time = await simulate(function* () {
    for (let minute = 0; minute < 60; minute++) yield* sleep(60_000)
    return getHub().now()
  })
  assert.equal(time, 3_600_000)
})

test('sleepers wake in the order of their deadlines, whatever the order in which they went to sleep', async () => {
  const order = await simulate(function* () {
    const woken: string[] = []
    const sleepers = [30, 10, 20].map((milliseconds) =>
      spawn(function* () {
        yield* sleep(milliseconds)
        woken.push(`${milliseconds} at ${getHub().now()}`)
      }),
    )
    yield* joinAll(sleepers)
    return woken
  })
  assert.deepEqual(order, ['10 at 10', '20 at 20', '30 at 30'])
})

test('every kind of timeout runs on the virtual clock', async () => {
  await simulate(function* () {
    yield* withTimeout(5000, sleep(10_000), { value: undefined })
    assert.equal(getHub().now(), 5000)
    assert.equal(yield* new Event().wait({ timeout: 1000 }), false)
    assert.equal(getHub().now(), 6000)
    const late = spawnLater(500, () => getHub().now())
    assert.equal(yield* late, 6500)
    using timeout = Timeout.start(100)
    yield* assertRaises(new Queue().get(), timeout)
    assert.equal(getHub().now(), 6600)
  })
})

function* assertRaises(operation: Iterable<unknown>, expected: unknown): Generator<unknown, void, unknown> {
  try {
    yield* operation
  } catch (error) {
    assert.equal(error, expected)
    return
  }
  assert.fail('nothing was raised')
}

test('race, sleep(0) and idle() belong to the simulation', async () => {
  await simulate(function* () {
    assert.equal(yield* race([sleep(10), until(Promise.resolve('never')), sleep(0)]), undefined)
    yield* idle()
    assert.equal(getHub().now(), 0)
  })
})

test('a simulation is over when it gives its promise, if nothing real is involved', async () => {
  let over = false
  const simulation = simulate(function* () {
    yield* sleep(1000)
    over = true
  })
  assert.equal(over, true)
  await simulation
})

test('the hub of the thread is the same before and after', async () => {
  const hub = getHub()
  await simulate(function* () {
    assert.notEqual(getHub(), hub)
    yield* sleep(1)
  })
  assert.equal(getHub(), hub)
  await assert.rejects(
    simulate(() => assert.fail('on purpose')),
    /on purpose/,
  )
  assert.equal(getHub(), hub)
})

test('an error of the function comes out as it is', async () => {
  const error = new Error('on purpose')
  await assert.rejects(
    simulate(function* () {
      yield* sleep(1)
      throw error
    }),
    (raised) => raised === error,
  )
})

test('an error of a greenlet that nobody observes comes out, one that somebody observes does not', async () => {
  const error = new Error('on purpose')
  const fail = (): never => {
    throw error
  }
  await assert.rejects(
    simulate(function* () {
      spawn(fail)
      yield* sleep(1)
    }),
    (raised) => raised === error,
  )
  await simulate(function* () {
    yield* assertRaises(spawn(fail), error)
  })
})

test('a deadlock is told with what every greenlet waits for', async () => {
  const { kind, message } = await failureOf(
    simulate(function* () {
      const left = new Lock({ name: 'left' })
      const right = new Lock({ name: 'right' })
      function* both(first: Lock, second: Lock): Generator<unknown, void, unknown> {
        using _first = yield* first.acquire()
        yield* sleep(1)
        using _second = yield* second.acquire()
      }
      yield* joinAll([spawn(both, left, right), spawn(both, right, left)])
    }),
  )
  assert.equal(kind, 'deadlock')
  assert.match(message, /a deadlock: 3 greenlets wait/)
  assert.match(message, /"both" waiting for Lock "right"\.acquire/)
  assert.match(message, /"both" waiting for Lock "left"\.acquire/)
  assert.match(message, /at both .*simulate\.test/)
})

test('a greenlet that is left at the end is a leak', async () => {
  const { kind, message } = await failureOf(
    simulate(() => {
      spawn(function* forgotten() {
        yield* new Queue(1, { name: 'jobs' }).get()
      })
    }),
  )
  assert.equal(kind, 'leak')
  assert.match(message, /"forgotten" waiting for Queue "jobs"\.get/)
})

test('a greenlet that goes on for ever is a leak, one that ends by itself is none', async () => {
  const { kind } = await failureOf(
    simulate(() => {
      spawn(function* ticker() {
        for (;;) yield* sleep(1000)
      })
    }),
  )
  assert.equal(kind, 'leak')
  await simulate(() => {
    spawn(function* () {
      yield* sleep(10_000)
    })
  })
})

test('a timer that is left at the end is a leak', async () => {
  const { kind, message } = await failureOf(
    simulate(function* () {
      yield* sleep(1)
      spawnLater(3_600_000, () => undefined)
    }),
  )
  assert.equal(kind, 'leak')
  assert.match(message, /a timer is still set/)
})

test('greenlets that spin for ever are a livelock', async () => {
  const { kind } = await failureOf(
    simulate({ maxSteps: 1000 }, function* () {
      for (;;) yield
    }),
  )
  assert.equal(kind, 'livelock')
  const uncontended = await failureOf(
    simulate({ maxSteps: 1000 }, function* () {
      const lock = new Lock()
      for (;;) (yield* lock.acquire()).release()
    }),
  )
  assert.equal(uncontended.kind, 'livelock')
})

test('check is called after every step, and what it raises breaks an invariant', async () => {
  let items = 0
  const check = (): void => {
    assert.ok(items <= 1, `${items} items`)
  }
  const { kind, message, cause } = await failureOf(
    simulate({ check }, function* () {
      for (;;) {
        items++
        yield* sleep(1)
      }
    }),
  )
  assert.equal(kind, 'invariant')
  assert.match(message, /after a step of "main": AssertionError: 2 items/)
  assert.ok(cause instanceof assert.AssertionError)
})

test('without a seed the order is that of production', async () => {
  const order = await simulate(record)
  assert.equal(order, 'abcdabcd')
})

test('the same seed gives the same order, and different seeds give different ones', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 20; seed++) {
    const order = await simulate({ seed }, record)
    assert.equal(await simulate({ seed }, record), order)
    orders.add(order)
  }
  assert.ok(orders.size > 10, Array.from(orders).join())
})

test('the same seed gives the same order on every platform', async () => {
  assert.equal(await simulate({ seed: 42 }, record), 'bdcaacbd')
  assert.equal(await simulate({ seed: -7 }, record), 'bcadadbc')
  assert.equal(await simulate({ seed: 2 ** 40 }, record), 'bdaccdab')
})

function* record(): Generator<unknown, string, unknown> {
  let order = ''
  const greenlets = Array.from('abcd', (name) =>
    spawn(function* () {
      order += name
      yield* sleep(10)
      order += name
    }),
  )
  yield* joinAll(greenlets)
  return order
}

test('simulations do not nest', async () => {
  await assert.rejects(
    simulate(function* () {
      yield* until(simulate(() => undefined))
    }),
    { code: 'GVENT_NESTED_SIMULATION' },
  )
})

test('wrong options are refused, and the message says what is right', async () => {
  const nothing = (): void => undefined
  await assert.rejects(simulate({ seed: 1.5 }, nothing), /seed .* must be a whole number, got 1\.5/)
  await assert.rejects(simulate({ strategy: 'luck' as 'pct' }, nothing), /one of portfolio, random, .*got "luck"/)
  await assert.rejects(simulate({ replay: 'nonsense' }, nothing), /"nonsense" is not a token/)
  await assert.rejects(simulate({ slowness: -1 }, nothing), /slowness .* got -1/)
  await assert.rejects(simulate({ maxSteps: 0 }, nothing), /maxSteps .* got 0/)
  await assert.rejects(simulate({ check: true as never }, nothing), /check .* must be a function, got true/)
  await assert.rejects(simulate(null as never, nothing), /expected options, got null/)
  await assert.rejects(simulate('fn' as never), /simulate: expected a function, got "fn"/)
})

test('a context that is used for the first time in a simulation is kept there, and outside', async () => {
  const { code, stdout, stderr } = await startProgram(`
    import { AsyncLocalStorage } from 'node:async_hooks'
    import { run, sleep, spawn } from 'gvent'
    import { simulate } from 'gvent/testing'
    const storage = new AsyncLocalStorage()
    function* child() { yield* sleep(1); return storage.getStore() }
    const program = () => storage.run('store', () => spawn(child))
    console.log(await simulate(program), await run(program))
  `).ended
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'store store\n', stderr: '' })
})

test('the figures of the hub count the timers of greenlets, and those of the simulated platform no more than elsewhere', async () => {
  await simulate({ globals: true }, function* () {
    const sleepers = [1, 2, 3].map((milliseconds) => spawn(() => sleep(milliseconds)))
    const platforms = setTimeout(() => undefined, 50)
    yield
    assert.equal(getHub().stats().timers, 3)
    sleepers[0]!.kill()
    assert.equal(getHub().stats().timers, 2)
    yield* joinAll(sleepers)
    assert.equal(getHub().stats().timers, 0)
    clearTimeout(platforms)
  })
})

test('an instrument watches the steps of a simulation', async () => {
  const watched: string[] = []
  await simulate(function* () {
    const stop = getHub().addInstrument({ beforeStep: ({ name }) => watched.push(name) })
    yield* joinAll([spawn(function* worker() {})])
    stop()
    yield
  })
  assert.deepEqual(watched, ['worker', 'main'])
})

for (const [what, makeWait] of Object.entries({
  'a lock that is free': () => {
    const lock = new Lock()
    return function* () {
      using _permit = yield* lock.acquire()
    }
  },
  'an event that is set': () => {
    const event = new Event()
    event.set()
    return () => event.wait()
  },
  'a queue with room and items': () => {
    const queue = new Queue<number>()
    return function* () {
      yield* queue.put(1)
      yield* queue.get()
    }
  },
})) {
  test(`a loop of waits for ${what} starves nobody, as in production`, async () => {
    function* program(): Coroutine<number> {
      const wait = makeWait()
      let done = false
      spawn(() => {
        done = true
      })
      let rounds = 0
      for (; !done; rounds++) yield* wait()
      return rounds
    }
    const rounds = await run(program)
    assert.equal(await simulate(program), rounds)
    await explore(program, { schedules: 20 })
  })
}

test('who hands something over and lets others go first has made a step like any other', async () => {
  let steps = 0
  const count = (): void => {
    steps++
  }
  await simulate({ check: count }, function* () {
    const channel = new Channel<number>()
    spawn(function* () {
      for (let count = 0; count < 10; count++) yield* channel.get()
    })
    yield
    steps = 0
    for (let count = 0; count < 10; count++) yield* channel.put(count)
  })
  // Each item makes a step of the one and one of the other; the ends of both are steps, too.
  assert.ok(steps >= 20, `${steps} steps`)
})

test('a greenlet that waits for itself, or for its own pool, is told with what to do about it', async () => {
  const selfJoin = await failureOf(
    simulate(function* () {
      const greenlet: Greenlet = spawn(function* selfish() {
        yield
        yield* greenlet.join()
      })
      yield* greenlet.join()
    }),
  )
  assert.match(
    selfJoin.message,
    /Deadlock: .*"selfish".*, which depends on itself\. A greenlet cannot wait for its own end/,
  )
  const ownPool = await failureOf(
    simulate(function* () {
      const pool = new Pool(1, { name: 'workers' })
      yield* pool.spawn(function* outer() {
        yield* pool.spawn(() => 'inner')
      })
      yield* pool.join()
    }),
  )
  assert.match(ownPool.message, /Deadlock: .*"outer".*Pool "workers".*, which depends on itself\. A member cannot wait/)
  const both = await failureOf(
    simulate(function* () {
      const a: Greenlet = spawn(function* a() {
        yield
        yield* b.join()
      })
      const b: Greenlet = spawn(function* b() {
        yield* a.join()
      })
      yield* a.join()
    }),
  )
  assert.match(both.message, /Deadlock: .*; .*\. Break the cycle: one of them must not wait for the next\.\n/)
})
