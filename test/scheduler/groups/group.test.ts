import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { simulate } from 'gvent/testing'
import {
  Greenlet,
  GreenletExit,
  Group,
  Pool,
  Queue,
  Timeout,
  idle,
  killAll,
  sleep,
  type Operation,
  spawn,
  type Coroutine,
} from 'gvent/scheduler'
import { forEver, raisedBy, takeReported } from './works.js'

test('spawn gives the greenlet, which is in the group until it has ended', async () => {
  await spawn(function* () {
    const group = new Group()
    const gate = new Queue<string>()
    const greenlet = yield* group.spawn(function* work(prefix: string) {
      return prefix + (yield* gate.get())
    }, 'got ')
    assert.equal(greenlet.name, 'work')
    assert.equal(group.size, 1)
    assert.ok(group.has(greenlet))
    assert.deepEqual([...group], [greenlet])
    gate.putNowait('it')
    assert.equal(yield* greenlet, 'got it')
    assert.equal(group.size, 0)
    assert.equal(group.has(greenlet), false)
  })
})

test('spawn in a group never waits: the spawner goes on before the greenlet starts', async () => {
  const order: string[] = []
  await spawn(function* () {
    const group = new Group()
    yield* group.spawn(() => order.push('first'))
    yield* group.spawn(() => order.push('second'))
    order.push('spawner')
    yield* group.join()
  })
  assert.deepEqual(order, ['spawner', 'first', 'second'])
})

test('spawn is an operation: it does nothing before it is waited for, and spawns anew each time', async () => {
  await spawn(function* () {
    const group = new Group()
    let calls = 0
    const spawning = group.spawn(() => ++calls)
    yield* idle()
    assert.equal(group.size, 0)
    const first = yield* spawning
    const second = yield* spawning
    assert.notEqual(first, second)
    yield* group.join()
    assert.equal(calls, 2)
  })
})

test('the parent of a spawned greenlet is the one that spawned it', async () => {
  await spawn(function* () {
    const group = new Group()
    const outer: Greenlet = yield* group.spawn(function* (): Coroutine<void> {
      const inner = yield* group.spawn(() => undefined)
      assert.equal(inner.parent, outer)
    })
    yield* outer
  })
})

test('awaited outside of greenlets, spawn gives the value of the greenlet', async () => {
  assert.equal(await new Group().spawn((a: number, b: number) => a + b, 1, 2), 3)
})

test('a wrong function is refused at once, with the corrected line', () => {
  const group = new Group({ name: 'jobs' })
  function* work(): Coroutine<void> {}
  assert.throws(() => group.spawn(work() as never), {
    name: 'TypeError',
    code: 'GVENT_BAD_ARGUMENT',
    message:
      'Group "jobs".spawn(fn): expected the generator function, got what it returned; ' +
      'write group.spawn(fn, ...args), not group.spawn(fn(...args))',
  })
  assert.throws(() => group.apply(1 as never), /Group "jobs"\.apply\(fn\): expected a function, got 1/)
  assert.throws(() => group.applyAsync({}, 1 as never), /Group "jobs"\.applyAsync\(fn\): expected a function, got 1/)
})

test('start starts a greenlet that was made by hand, and refuses one that was started', async () => {
  class Answer extends Greenlet<number> {
    override run(): number {
      return 42
    }
  }
  await spawn(function* () {
    const group = new Group()
    const answer = new Answer()
    assert.equal(yield* group.start(answer), answer)
    assert.ok(group.has(answer))
    assert.equal(yield* answer, 42)
    assert.throws(() => group.start(answer), /started already; write group\.add\(greenlet\)/)
    assert.throws(() => group.start((() => 1) as never), /expected a Greenlet, got a function; write group\.spawn/)
  })
})

test('add takes in a greenlet that runs; one that has ended, or is in it, changes nothing', async () => {
  await spawn(function* () {
    const group = new Group()
    const running = spawn(forEver)
    yield
    yield* group.add(running)
    yield* group.add(running)
    assert.equal(group.size, 1)
    const ended = spawn(() => 1)
    yield* ended
    yield* group.add(ended)
    assert.equal(group.size, 1)
    running.kill()
    assert.equal(yield* group.join(), true)
  })
})

test('discard lets a greenlet go, which runs on; a stranger changes nothing', async () => {
  await spawn(function* () {
    const group = new Group()
    const greenlet = yield* group.spawn(forEver)
    const stranger = spawn(forEver)
    assert.equal(group.discard(stranger), false)
    assert.equal(group.size, 1)
    assert.equal(group.discard(greenlet), true)
    assert.equal(group.discard(greenlet), false)
    assert.equal(group.size, 0)
    yield* group.join()
    assert.equal(greenlet.dead, false)
    greenlet.kill()
    stranger.kill()
    assert.equal(group.size, 0)
  })
})

test('join waits until the group is empty, and is done at once when it is', async () => {
  await spawn(function* () {
    const group = new Group()
    assert.equal(yield* group.join(), true)
    const gate = new Queue<void>()
    yield* group.spawn(() => gate.get())
    const joined = spawn(() => group.join())
    yield* idle()
    assert.equal(joined.dead, false)
    gate.putNowait()
    assert.equal(yield* joined, true)
  })
})

test('join gives false when its time is up; the greenlets go on', async () => {
  await spawn(function* () {
    const group = new Group()
    const greenlet = yield* group.spawn(forEver)
    assert.equal(yield* group.join({ timeout: 0 }), false)
    assert.equal(greenlet.dead, false)
    assert.equal(group.stats().joining, 0)
    yield* group.kill()
  })
})

test('join is done when the group was empty, though another greenlet came in since', async () => {
  await spawn(function* () {
    const group = new Group()
    const gate = new Queue<void>()
    yield* group.spawn(() => gate.get())
    const joined = spawn(() => group.join())
    yield
    gate.putNowait()
    yield
    yield* group.spawn(forEver)
    assert.equal(yield* joined, true)
    assert.equal(group.size, 1)
    yield* group.kill()
  })
})

test('join with raiseError raises the error of the first that failed, when all have ended', async () => {
  const first = new Error('first to fail')
  const second = new Error('second to fail')
  await spawn(function* () {
    const group = new Group()
    const gate = new Queue<void>()
    yield* group.spawn(function* () {
      yield
      yield
      throw second
    })
    yield* group.spawn(function* () {
      yield
      throw first
    })
    yield* group.spawn(() => gate.get())
    const joined = spawn(() => group.join({ raiseError: true }))
    yield* idle()
    yield* idle()
    assert.equal(joined.dead, false)
    gate.putNowait()
    assert.equal(yield* raisedBy(joined), first)
    yield* idle()
  })
  assert.deepEqual(takeReported(), [second])
})

test('join with raiseError raises the error that came before its time was up', async () => {
  const error = new Error('failed')
  await spawn(function* () {
    const group = new Group()
    yield* group.spawn(forEver)
    const joined = spawn(() => group.join({ raiseError: true, timeout: 1 }))
    yield* group.spawn(() => {
      throw error
    })
    assert.equal(yield* raisedBy(joined), error)
    yield* group.kill()
    yield* idle()
  })
  assert.deepEqual(takeReported(), [])
})

test('an error that a killed join would have raised is reported', async () => {
  const error = new Error('failed')
  await spawn(function* () {
    const group = new Group()
    yield* group.spawn(forEver)
    const joined = spawn(() => group.join({ raiseError: true }))
    yield* group.spawn(() => {
      throw error
    })
    yield* idle()
    yield* idle()
    assert.deepEqual(takeReported(), [])
    yield* joined.kill()
    yield* idle()
    assert.deepEqual(takeReported(), [error])
    yield* group.kill()
  })
})

test('an error of a greenlet of a group that nobody observes is reported', async () => {
  const error = new Error('unseen')
  await spawn(function* () {
    const group = new Group()
    yield* group.spawn(() => {
      throw error
    })
    yield* group.join()
    yield* idle()
  })
  assert.deepEqual(takeReported(), [error])
})

test('kill ends all at once; waiting for it waits for their cleanup', async () => {
  await spawn(function* () {
    const group = new Group()
    const order: string[] = []
    function* work(name: string): Coroutine<void> {
      try {
        yield* sleep(Infinity)
      } finally {
        yield* idle()
        order.push(name)
      }
    }
    yield* group.spawn(work, 'a')
    yield* group.spawn(work, 'b')
    yield* idle()
    const unrun = yield* group.spawn(() => order.push('ran'))
    const killing = group.kill()
    assert.equal(unrun.dead, true)
    assert.equal(group.size, 2)
    assert.equal(yield* killing, true)
    assert.deepEqual(order, ['a', 'b'])
    assert.equal(group.size, 0)
  })
})

test('kill raises the given error in each, and a second kill does not disturb the cleanup', async () => {
  const error = new Error('stop it')
  await spawn(function* () {
    const group = new Group()
    const seen: unknown[] = []
    const greenlet = yield* group.spawn(function* () {
      try {
        yield* sleep(Infinity)
      } catch (raised) {
        seen.push(raised)
        yield* idle()
        seen.push('cleaned up')
      }
    })
    yield
    const killing = group.kill(error)
    yield
    group.kill()
    assert.equal(yield* killing, true)
    assert.deepEqual(seen, [error, 'cleaned up'])
    assert.equal(greenlet.successful, true)
  })
})

test('kill gives false when its time is up, and the cleanup goes on', async () => {
  await spawn(function* () {
    const group = new Group()
    const gate = new Queue<void>()
    yield* group.spawn(function* () {
      try {
        yield* sleep(Infinity)
      } finally {
        yield* gate.get()
      }
    })
    yield
    assert.equal(yield* group.kill(undefined, { timeout: 0 }), false)
    assert.equal(group.size, 1)
    gate.putNowait()
    assert.equal(yield* group.join(), true)
  })
})

test('those who come in while somebody waits for the kill are killed too, and not before', async () => {
  await spawn(function* () {
    const group = new Group()
    const gate = new Queue<void>()
    yield* group.spawn(function* () {
      try {
        yield* sleep(Infinity)
      } finally {
        yield* gate.get()
      }
    })
    yield
    group.kill()
    const survivor = yield* group.spawn(forEver)
    yield
    assert.equal(survivor.dead, false)
    const killing = spawn(() => group.kill())
    yield* idle()
    assert.ok(survivor.dead)
    let ran = false
    const late = yield* group.spawn(() => (ran = true))
    gate.putNowait()
    assert.equal(yield* killing, true)
    assert.ok((late.value as unknown) instanceof GreenletExit)
    assert.equal(ran, false)
  })
})

test('a greenlet that kills its own group is ended where it waits for that', async () => {
  await spawn(function* () {
    const group = new Group()
    const other = yield* group.spawn(forEver)
    const greenlet = yield* group.spawn(function* () {
      yield* group.kill()
      return 'survived'
    })
    yield* group.join()
    assert.ok((greenlet.value as unknown) instanceof GreenletExit)
    assert.ok(other.dead)
  })
})

test('a kill of an empty group is done at once', async () => {
  assert.equal(await new Group().kill(), true)
})

test('disposing of a group kills all and waits', async () => {
  let cleaned = false
  {
    await using group = new Group()
    group.applyAsync(function* () {
      try {
        yield* sleep(Infinity)
      } finally {
        yield* idle()
        cleaned = true
      }
    })
    await idle()
  }
  assert.equal(cleaned, true)
})

test('apply calls a function in the group and gives its value or raises its error', async () => {
  const error = new Error('failed')
  await spawn(function* () {
    const group = new Group()
    assert.equal(yield* group.apply((a: number, b: number) => a + b, 1, 2), 3)
    assert.equal(
      yield* group.apply(function* () {
        yield
        return group.size
      }),
      1,
    )
    const failing = group.apply(() => {
      throw error
    })
    assert.equal(yield* raisedBy(failing), error)
    assert.equal(group.size, 0)
    yield* idle()
  })
  assert.deepEqual(takeReported(), [])
})

test('a killed apply kills its greenlet and waits for its cleanup', async () => {
  await spawn(function* () {
    const group = new Group()
    let cleaned = false
    const applied = spawn(() =>
      group.apply(function* () {
        try {
          yield* sleep(Infinity)
        } finally {
          yield* idle()
          cleaned = true
        }
      }),
    )
    yield* idle()
    assert.equal(group.size, 1)
    yield* applied.kill()
    assert.equal(cleaned, true)
    assert.equal(group.size, 0)
  })
})

test('applyAsync gives the greenlet at once; its callback gets the value, and nothing after an error', async () => {
  const error = new Error('failed')
  await spawn(function* () {
    const group = new Group()
    const values: number[] = []
    const callback = (value: number): void => void values.push(value)
    const greenlet = group.applyAsync({ callback }, (n: number) => n * 2, 21)
    assert.equal(group.size, 1)
    const failing = group.applyAsync({ callback }, (): number => {
      throw error
    })
    assert.equal(group.applyAsync((n: number) => n, 1).state, 'ready')
    assert.equal(yield* greenlet, 42)
    yield* failing.join()
    yield* idle()
    assert.deepEqual(values, [42])
  })
  assert.deepEqual(takeReported(), [error])
})

test('stats and console.log say how it stands', async () => {
  await spawn(function* () {
    const group = new Group({ name: 'images' })
    yield* group.spawn(forEver)
    const joined = spawn(() => group.join())
    yield
    assert.deepEqual(group.stats(), { size: 1, maxSize: Infinity, freeCount: Infinity, waiting: 0, joining: 1 })
    assert.equal(inspect(group), '<Group "images" 1>')
    assert.equal(String(new Group()), 'Group')
    assert.equal(group.full, false)
    assert.equal(yield* group.waitAvailable(), Infinity)
    yield* group.kill()
    yield* joined
  })
})

test('a kill takes its options without an error, as that of a greenlet does', async () => {
  const log: string[] = []
  // In a simulation, so that nobody reads the report of a greenlet that swallows a kill.
  await simulate(function* () {
    const group = new Group()
    yield* group.spawn(function* () {
      try {
        yield* sleep(Infinity)
      } catch {
        log.push('swallowed')
      }
      yield* sleep(Infinity)
    })
    yield* sleep(0)
    assert.equal(yield* group.kill({ timeout: 0, grace: 1 }), false)
    assert.equal(yield* group.join(), true)
  })
  assert.deepEqual(log, ['swallowed'])
})

test('the limits of a spawn, an apply and a map are those of their wait', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const occupant = yield* pool.spawn(forEver)
    const other = spawn(forEver)
    const late: Operation<unknown>[] = [
      pool.spawn({ timeout: 1 }, () => 1),
      pool.apply({ timeout: 1 }, () => 1),
      pool.map(() => 1, [1], { timeout: 1 }),
      pool.add(other, { timeout: 1 }),
    ]
    for (const work of late) assert.ok((yield* raisedBy(work)) instanceof Timeout)
    assert.equal(pool.size, 1)
    assert.equal(other.dead, false)
    yield* killAll([other])
    yield* pool.kill()
    assert.equal(occupant.dead, true)
    const timeout = new Timeout(1)
    assert.equal(yield* raisedBy(pool.apply({ timeout }, forEver)), timeout)
    assert.equal(pool.size, 0)
    assert.equal(yield* pool.apply({ timeout: 60_000 }, (a: number, b: number) => a + b, 1, 2), 3)
  })
})
