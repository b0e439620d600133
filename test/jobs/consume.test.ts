import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Event,
  GreenletExit,
  Timeout,
  getCurrent,
  getHub,
  killAll,
  race,
  shield,
  sleep,
  spawn,
  suspend,
  until,
  type Coroutine,
  type Greenlet,
} from 'gvent'
import {
  Discard,
  LeaseLost,
  consume,
  memoryJobs,
  type ConsumeOptions,
  type Delivery,
  type JobEvent,
  type JobWork,
} from 'gvent/jobs'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'
import { ModelEngine } from './model-engine.js'

const neverDone = (): never => {
  throw new Error('this job must not begin')
}
const once = { attempts: 3, backoff: { initial: 100, factor: 1, jitter: 0 } }

function start(engine: ModelEngine, work: JobWork<unknown>, options: ConsumeOptions = {}): Greenlet<never> {
  return spawn(() => consume(engine, work, { retry: once, ...options }))
}

/** Works for so many milliseconds, and is killed. */
function* workFor(milliseconds: number, ...given: Parameters<typeof start>): Coroutine<void> {
  const worker = start(...given)
  yield* sleep(milliseconds)
  yield* worker.kill()
}

test('a job whose work returns is acknowledged with its value', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(20)
    yield* workFor(10, engine, function* (data) {
      yield* sleep(5)
      return (data as number) + 1
    })
    assert.deepEqual(engine.calls, ['take 10: 1', 'ack(21) 1'])
  }))

test('the work gets the data, and the id and the attempt of the job', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add({ to: 'ada' })
    const seen: unknown[] = []
    yield* workFor(1, engine, (data, job) => {
      seen.push(data, job.id, job.attempt, job.data)
    })
    assert.deepEqual(seen, [{ to: 'ada' }, '1', 1, { to: 'ada' }])
  }))

test('nothing comes between the end of the work and its acknowledgement', () =>
  simulate(function* () {
    const engine = new ModelEngine(30_000, 50)
    engine.add(1)
    yield* workFor(10, engine, () => 'value', { grace: 0 })
    assert.deepEqual(engine.done, ['1'])
    assert.equal(getHub().now(), 50)
  }))

test('an error is tried again by the policy, and then the job is dead', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(1)
    yield* workFor(
      1,
      engine,
      () => {
        throw new Error('no')
      },
      { size: 1 },
    )
    assert.deepEqual(engine.calls, [
      'take 1: 1',
      'retry(100, Error: no) 1',
      'take 1: 1',
      'retry(100, Error: no) 1',
      'take 1: 1',
      'discard(Error: no) 1',
    ])
  }))

test('an error that the policy refuses, and a Discard, make the job dead at once', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(new Discard('too old'))
    engine.add(new TypeError('a bug'))
    yield* workFor(
      1,
      engine,
      (error) => {
        throw error
      },
      { retry: { while: (error) => !(error instanceof TypeError) } },
    )
    assert.deepEqual(engine.calls, ['take 10: 1 2', 'discard(Discard: too old) 1', 'discard(TypeError: a bug) 2'])
  }))

test('a part of the work that was killed or aborted is an error like another', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(1)
    yield* workFor(1, engine, function* () {
      const part = spawn(sleep, 1000)
      void part.kill()
      yield* part
    })
    assert.match(engine.calls[1]!, /^retry\(100, KilledError: /)
  }))

test('a timeout is raised in the work, whose cleanup runs before the job is tried again', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(1)
    const story: string[] = []
    yield* workFor(
      200,
      engine,
      function* () {
        try {
          yield* sleep(1000)
        } catch (error) {
          story.push(String(error instanceof Timeout))
          throw error
        } finally {
          yield* sleep(10)
          story.push(`clean at ${getHub().now()}`)
        }
      },
      { timeout: 100, retry: { attempts: 1 } },
    )
    assert.deepEqual(story, ['true', 'clean at 110'])
    assert.match(engine.calls[1]!, /^discard\(Timeout/)
  }))

test('after a kill nothing is taken, jobs may end within grace, the others are killed and handed back', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    for (const time of [200, 5000, 1]) engine.add(time)
    const cleaned: unknown[] = []
    yield* workFor(
      100,
      engine,
      function* (time) {
        try {
          yield* sleep(time as number)
        } finally {
          cleaned.push(time)
        }
      },
      { size: 2, grace: 300 },
    )
    assert.equal(getHub().now(), 400)
    assert.deepEqual(cleaned, [200, 5000])
    assert.deepEqual(engine.calls, ['take 2: 1 2', 'ack(undefined) 1', 'retry(0) 2'])
    assert.equal(engine.waiting.getNowait().id, '3')
    assert.equal(engine.waiting.getNowait().attempt, 0)
  }))

test('a lease is extended each time a third of it has passed, during cleanup as well', () =>
  simulate(function* () {
    const engine = new ModelEngine(300)
    engine.add(1)
    yield* workFor(
      250,
      engine,
      function* () {
        try {
          yield* sleep(10_000)
        } finally {
          yield* sleep(120)
        }
      },
      { grace: 0 },
    )
    assert.deepEqual(engine.calls, ['take 10: 1', 'extend 1', 'extend 1', 'extend 1', 'retry(0) 1'])
  }))

test('a lease that is refused is raised in the work, and there is neither an acknowledgement nor a retry', () =>
  simulate(function* () {
    const engine = new ModelEngine(300)
    engine.add(1)
    const seen: unknown[] = []
    const worker = start(
      engine,
      function* () {
        try {
          yield* sleep(10_000)
        } catch (error) {
          seen.push(error instanceof LeaseLost && error.id, getHub().now())
        }
        return 'swallowed'
      },
      { size: 1, grace: 0 },
    )
    yield* sleep(50)
    engine.revoke('1')
    yield* sleep(100)
    assert.deepEqual(seen, ['1', 100])
    assert.deepEqual(engine.calls, ['take 1: 1', 'take 1: 1'])
    yield* worker.kill()
  }))

test('a lost lease of a lock is an error of the work like any other, and not the loss of the job', () =>
  simulate(function* () {
    const engine = new ModelEngine(300)
    engine.add(1)
    yield* workFor(
      200,
      engine,
      function* (_data, { attempt }) {
        if (attempt === 1) throw new LeaseLost('reports', 'not ours')
        yield* sleep(1)
      },
      { size: 1 },
    )
    assert.deepEqual(engine.calls, ['take 1: 1', 'retry(100, LeaseLost: not ours) 1', 'take 1: 1', 'ack(undefined) 1'])
  }))

test('an engine that cannot be reached did not refuse: the lease is ours until its time is over', () =>
  simulate(function* () {
    const trouble: unknown[] = []
    const told: string[] = []
    const delivery = {
      id: '1',
      data: 0,
      attempt: 1,
      ack: () => told.push('ack'),
      retry: () => told.push('retry'),
      discard: () => told.push('discard'),
      extend: () => {
        throw new Error('connection refused')
      },
    } as unknown as Delivery
    let given = false
    const source = {
      lease: 300,
      take: () => {
        if (given) return suspend<Delivery[]>(() => undefined)
        given = true
        return suspend<Delivery[]>((resolve) => resolve([delivery]))
      },
    }
    let lostAt = 0
    const worker = spawn(() =>
      consume(
        source,
        function* () {
          try {
            yield* sleep(10_000)
          } finally {
            lostAt = getHub().now()
          }
        },
        { onEvent: (event) => event.type === 'trouble' && trouble.push(event.during) },
      ),
    )
    yield* sleep(1000)
    assert.deepEqual([lostAt, trouble, told], [300, ['extend', 'extend', 'extend'], []])
    yield* worker.kill()
  }))

test('nothing is taken that cannot begin', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    for (let job = 1; job <= 7; job++) engine.add(job)
    let running = 0
    let peak = 0
    yield* workFor(
      100,
      engine,
      function* () {
        peak = Math.max(peak, ++running)
        assert.ok(engine.held.size <= 3)
        yield* sleep(10)
        running--
      },
      { size: 3 },
    )
    assert.equal(peak, 3)
    assert.equal(engine.done.length, 7)
  }))

test('what a killed take hands over nevertheless goes back', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    const slow = {
      lease: 30_000,
      *take(max: number): Coroutine<Delivery[]> {
        const deliveries = yield* engine.take(max)
        yield* shield(sleep(100))
        return deliveries
      },
    }
    engine.add(1)
    const worker = spawn(() => consume(slow as never, neverDone, { grace: 1000 }))
    yield* sleep(50)
    yield* worker.kill()
    assert.equal(getHub().now(), 100)
    assert.deepEqual(engine.calls, ['take 10: 1', 'retry(0) 1'])
  }))

test('a job that was delivered more often than it may be tried kills no further worker', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(1)
    for (let death = 0; death < 6; death++) {
      yield* engine.take(1)
      engine.revoke('1')
    }
    yield* workFor(1, engine, neverDone)
    assert.match(String(engine.dead[0]?.error), /^Discard: delivered 7 times/)
  }))

test('a job that kills its workers takes none of those with it that ran beside it', () =>
  simulate(function* () {
    const engine = new ModelEngine(90)
    for (const data of ['poison', 'one', 'two']) engine.add(data)
    for (let death = 0; death < 3; death++) {
      yield* engine.take(3)
      for (const id of ['1', '2', '3']) engine.revoke(id)
    }
    // Each of them may be the one. They run one at a time, and the others are not held meanwhile.
    let running = 0
    yield* workFor(200, engine, function* () {
      assert.equal(++running, 1)
      yield* sleep(10)
      running--
    })
    assert.deepEqual([engine.done.sort(), engine.dead], [['1', '2', '3'], []])
  }))

test('a job that may kill its worker does not begin before the others like it were handed back', () =>
  simulate(function* () {
    const engine = new ModelEngine(90, 5)
    for (const data of ['poison', 'one', 'two']) engine.add(data)
    for (let death = 0; death < 3; death++) {
      yield* engine.take(3)
      for (const id of ['1', '2', '3']) engine.revoke(id)
    }
    let heldAtFirst: string[] | undefined
    yield* workFor(50, engine, function* () {
      heldAtFirst ??= [...engine.held.keys()]
      yield* sleep(1)
    })
    assert.deepEqual(heldAtFirst, ['1'])
  }))

test('a job that somebody kills is handed back; killed with a Discard, it is dead', () =>
  simulate(function* () {
    const engine = new ModelEngine()
    engine.add(1)
    engine.add(2)
    const greenlets: Greenlet[] = []
    const worker = start(
      engine,
      function* () {
        greenlets.push(getCurrent()!)
        yield* sleep(100)
      },
      { size: 2 },
    )
    yield* sleep(1)
    void greenlets[0]!.kill()
    void greenlets[1]!.kill(new Discard('cancelled'))
    yield* sleep(1)
    assert.deepEqual(engine.calls.slice(1, 3), ['retry(0) 1', 'discard(Discard: cancelled) 2'])
    yield* worker.kill()
  }))

test('a take that fails is made again, after a pause that grows', () =>
  simulate(function* () {
    const at: number[] = []
    const events: JobEvent[] = []
    const source = {
      lease: 100,
      take: () => {
        at.push(getHub().now())
        throw new Error('connection refused')
      },
    }
    const worker = spawn(() => consume(source as never, neverDone, { onEvent: (event) => events.push(event) }))
    yield* sleep(1000)
    yield* worker.kill()
    assert.ok(at.length >= 3 && at.length < 10, `${at.length} times`)
    assert.deepEqual(
      events.map(({ type }) => type),
      at.map(() => 'trouble'),
    )
  }))

test('an acknowledgement that fails is made again while the lease is ours', () =>
  simulate(function* () {
    let failures = 2
    const engine = new ModelEngine()
    engine.add(1)
    const flaky = {
      lease: 30_000,
      *take(max: number): Coroutine<unknown[]> {
        return (yield* engine.take(max)).map((delivery) => ({
          ...delivery,
          ack: (value: unknown) => {
            if (failures-- > 0) throw new Error('connection reset')
            return delivery.ack(value)
          },
        }))
      },
    }
    const during: string[] = []
    const worker = spawn(() =>
      consume(flaky as never, () => 'value', {
        onEvent: (event) => during.push(event.type === 'trouble' ? event.during : event.type),
      }),
    )
    yield* sleep(1000)
    yield* worker.kill()
    assert.deepEqual(during, ['started', 'ack', 'ack', 'done'])
  }))

test('an async function does the work; its signal aborts when it is killed', async () => {
  const jobs = memoryJobs<number>()
  await jobs.add(1)
  await jobs.add(2)
  const done = new Event()
  const signals: AbortSignal[] = []
  const worker = spawn(() =>
    consume(
      jobs.source,
      async (data, job) => {
        signals.push(job.signal)
        if (data === 1) return 'at once'
        done.set()
        return new Promise(() => undefined)
      },
      { grace: 0 },
    ),
  )
  await done.wait()
  await worker.kill()
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, true],
  )
  assert.equal((await jobs.source.take(10))[0]?.data, 2)
})

test('consume says what is wrong with its arguments', () => {
  const { source } = memoryJobs()
  const bad =
    (...args: unknown[]) =>
    () =>
      (consume as (...args: unknown[]) => unknown)(...args)
  assert.throws(
    bad(memoryJobs(), () => 1),
    /expected a source.*write consume\(jobs\.source, work\)/,
  )
  assert.throws(
    bad({ take: () => [], lease: 0 }, () => 1),
    /source\.lease: expected a number of milliseconds/,
  )
  assert.throws(bad(source, 'resize'), /expected a function as the work/)
  assert.throws(
    bad(source, () => 1, { sise: 3 }),
    /no option `sise`. Did you mean `size`\?/,
  )
  assert.throws(
    bad(source, () => 1, { size: 0 }),
    RangeError,
  )
  assert.throws(
    bad(source, () => 1, { grace: -1 }),
    RangeError,
  )
  assert.throws(
    bad(source, () => 1, { retry: { attempts: 0 } }),
    RangeError,
  )
  assert.throws(
    bad(source, () => 1, { timeout: 'x' }),
    TypeError,
  )
})

/** Jobs of all kinds, and two workers that are killed in the middle; a third one does the rest. */
function* program(): Coroutine<void> {
  const engine = new ModelEngine(30, 1)
  const runs = new Map<string, number>()
  let inside = 0
  function* work(data: unknown, job: { readonly id: string; readonly attempt: number }): Coroutine<void> {
    runs.set(job.id, (runs.get(job.id) ?? 0) + 1)
    assert.ok(++inside <= 4)
    try {
      yield* sleep(data as number)
      if (job.id === '3') throw new Discard('never')
      if (job.id === '4' && job.attempt === 1) throw new Error('the first time')
    } finally {
      inside--
    }
  }
  for (const time of [1, 5, 2, 1, 45]) engine.add(time)
  const options = { retry: { backoff: 1 }, grace: 3, onEvent: () => undefined }
  const workers = [1, 2].map(() => spawn(() => consume(engine, work, { size: 2, ...options })))
  yield* race([sleep(4), suspend(() => undefined)])
  yield* killAll(workers)
  assert.equal(engine.held.size, 0, 'a worker that is gone holds something')
  const last = spawn(() => consume(engine, work, { size: 3, ...options }))
  while (engine.done.length + engine.dead.length < 5) {
    yield* sleep(1)
    engine.expire()
  }
  yield* last.kill()
  assert.deepEqual([...engine.done].sort(), ['1', '2', '4', '5'])
  assert.deepEqual(
    engine.dead.map(({ id }) => id),
    ['3'],
  )
  assert.equal(engine.held.size + engine.waiting.size, 0)
  assert.equal(inside, 0)
}

test('no job is lost, and none is acknowledged twice, whatever the order', async () => {
  await explore(program, { schedules: 150 })
})

/** A worker that anybody may kill or interrupt, in any of its greenlets. */
function* ordeal(): Coroutine<void> {
  const engine = new ModelEngine(30, 1)
  for (const time of [1, 5, 2]) engine.add(time)
  const work = (time: unknown): unknown => sleep(time as number)
  const options = { grace: 1, retry: { attempts: 100, backoff: 1 }, onEvent: () => undefined }
  const worker = spawn(() => consume(engine, work, { size: 2, ...options }))
  yield* shield(function* () {
    yield* sleep(4)
    yield* worker.kill()
    assert.equal(engine.held.size, 0, `held: ${Array.from(engine.held.keys()).join()}`)
    assert.equal(engine.done.length + engine.waiting.size, 3)
  })
}

test('a worker that is gone holds nothing, whoever was killed or timed out where', async () => {
  await cancelEverywhere(ordeal)
})

test('a worker that is gone holds nothing, whoever was killed or timed out in whatever order', async () => {
  await explore(ordeal, { schedules: 150, cancel: true })
})

test('the kill of consume is raised in the one who runs it', async () => {
  const worker = spawn(() => consume(memoryJobs().source, () => undefined))
  await until(worker.kill() as unknown as Promise<boolean>)
  assert.ok((worker.value as unknown) instanceof GreenletExit)
})
