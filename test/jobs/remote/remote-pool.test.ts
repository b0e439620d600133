import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  Event,
  Timeout,
  fromModule,
  getHub,
  run,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Greenlet,
} from 'gvent'
import {
  Discard,
  JobGone,
  RemotePool,
  consumeModule,
  currentJob,
  memoryJobs,
  type FleetStore,
  type Jobs,
} from 'gvent/jobs'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'
import { stores, type StoreUnderTest } from '../fleet-stores.js'

/** Far beyond what anything here takes: nothing is waited for longer. */
const PATIENCE = 30_000

/** The module of the workers, and what has happened in it. */
function makeModule() {
  const seen: string[] = []
  const begun = new Event()
  const module = {
    *add(one: number, two: number) {
      yield* sleep(1)
      return one + two
    },
    double: (x: number) => 2 * x,
    nothing: () => undefined,
    async promised(text: string) {
      await Promise.resolve()
      return { text }
    },
    *failing(kind: string) {
      yield* sleep(1)
      if (kind === 'range') throw new RangeError('too far', { cause: new TypeError('because') })
      if (kind === 'coded') throw Object.assign(new Error('no such file'), { code: 'ENOENT', path: '/x' })
      if (kind === 'timeout') yield* withTimeout(1, sleep(1000))
      if (kind === 'discard') throw new Discard('never')
      if (kind === 'own') throw new (class OrderError extends Error {})('an order')
      throw { plain: true }
    },
    circle: () => {
      const circle: Record<string, unknown> = {}
      return (circle['self'] = circle)
    },
    *long() {
      begun.set()
      try {
        yield* sleep(1e6)
      } finally {
        yield* shield(sleep(2))
        seen.push('cleaned up')
      }
    },
    *counted(to: number) {
      const job = currentJob()
      for (let number = 1; number <= to; number++) yield* job.progress({ number })
      begun.set()
      yield* sleep(5)
      return to
    },
  }
  return { module, seen, begun }
}

type Module = ReturnType<typeof makeModule>['module']
const reference = <K extends keyof Module>(name: K): ReturnType<typeof fromModule<Module[K]>> =>
  fromModule<Module[K]>(new URL('file:///jobs.js'), name)

for (const [kind, { without, start }] of Object.entries(stores)) {
  describe(`a RemotePool with a store: ${kind}`, { skip: without }, () => {
    let server: StoreUnderTest
    let names = 0
    before(async () => {
      server = await start()
    })
    after(() => server.stop())

    /** A test with a worker in another program. */
    function conforms(
      title: string,
      body: (all: { pool: RemotePool; jobs: Jobs; worker: Greenlet; seen: string[]; begun: Event }) => Coroutine<void>,
    ): void {
      test(title, async () => {
        const name = `calls-${++names}`
        const [here, there] = await jobsOf(name, server)
        const { module, seen, begun } = makeModule()
        await run(function* () {
          const worker = spawn(() => consumeModule(there, module, { size: 50, grace: 0 }))
          yield* withTimeout(PATIENCE, body({ pool: new RemotePool(here), jobs: here, worker, seen, begun }))
          yield* worker.kill()
        })
      })
    }

    conforms('apply, map and imap give results, in the order of the items', function* ({ pool }) {
      assert.equal(yield* pool.apply(reference('add'), 1, 2), 3)
      assert.equal(yield* pool.apply(reference('nothing')), undefined)
      assert.deepEqual(yield* pool.apply(reference('promised'), 'a'), { text: 'a' })
      const items = Array.from({ length: 200 }, (_, index) => index)
      const doubled = items.map((item) => 2 * item)
      assert.deepEqual(yield* pool.map(reference('double'), items), doubled)
      const read: number[] = []
      for (const next of pool.imap(reference('double'), items)) {
        const item = yield* next
        if (item.done) break
        read.push(item.value)
      }
      assert.deepEqual(read, doubled)
      const greenlet = yield* pool.spawn(reference('double'), 21)
      assert.equal(yield* greenlet, 42)
    })

    conforms('an error comes back with its class, message, code and cause', function* ({ pool }) {
      const raisedBy = function* (kind: string): Coroutine<Error & { code?: string; path?: string }> {
        try {
          yield* pool.apply(reference('failing'), kind)
        } catch (error) {
          return error as Error
        }
        throw new Error('nothing was raised')
      }
      const range = yield* raisedBy('range')
      assert.ok(range instanceof RangeError)
      assert.equal(range.message, 'too far')
      assert.ok(range.cause instanceof TypeError)
      assert.match(range.stack!, /failing/)
      const coded = yield* raisedBy('coded')
      assert.deepEqual([coded.message, coded.code, coded.path], ['no such file', 'ENOENT', '/x'])
      assert.ok((yield* raisedBy('timeout')) instanceof Timeout)
      assert.ok((yield* raisedBy('discard')) instanceof Discard)
      const own = yield* raisedBy('own')
      assert.ok(own instanceof Error)
      assert.equal(own.message, 'an order')
      assert.deepEqual(yield* raisedBy('plain'), { plain: true })
    })

    conforms('only what the module exports is run, and what has no JSON is an error', function* ({ pool, jobs }) {
      const unknown = fromModule<() => void>(new URL('file:///elsewhere.js'), 'toString')
      yield* raises(pool.apply(unknown), Discard, /exports no function "toString"; it exports add, circle/)
      yield* raises(pool.apply(reference('circle')), TypeError, /the result of job .* has no JSON form/)
      // The caller has the errors: nothing is left in the engine.
      assert.deepEqual(yield* jobs.dead.list(), [])
    })

    conforms('a kill of the caller reaches the worker, and waits for the cleanup there', function* (all) {
      const { pool, seen, begun } = all
      const greenlet = yield* pool.spawn(reference('long'))
      yield* begun.wait()
      yield* greenlet.kill()
      assert.deepEqual(seen, ['cleaned up'])
    })

    conforms('a timeout of the caller does', function* ({ pool, seen, begun, jobs }) {
      const late = spawn(() => pool.apply({ timeout: 300 }, reference('long')))
      late.observe()
      yield* begun.wait()
      yield* late.join()
      assert.ok(late.error instanceof Timeout)
      assert.deepEqual(seen, ['cleaned up'])
      assert.deepEqual(yield* jobs.dead.list(), [])
    })

    conforms('a job is cancelled by its id, from anywhere', function* ({ jobs, seen, begun }) {
      const id = yield* jobs.add({ call: 'long' }, { keep: PATIENCE })
      yield* begun.wait()
      assert.equal(yield* jobs.cancel(id), true)
      yield* raises(jobs.result(id), JobGone, /was cancelled/)
      assert.deepEqual(seen, ['cleaned up'])
      assert.equal((yield* jobs.status(id))!.state, 'cancelled')
      assert.equal(yield* jobs.cancel(id), false)
      assert.equal(yield* jobs.cancel('unknown'), false)
    })

    conforms('one that has not begun never begins', function* ({ jobs, worker, seen, begun }) {
      const id = yield* jobs.add({ call: 'long' }, { delay: 20, keep: PATIENCE })
      assert.equal((yield* jobs.status(id))!.state, 'waiting')
      assert.equal(yield* jobs.cancel(id), true)
      yield* raises(jobs.result(id), JobGone, /was cancelled/)
      const next = yield* jobs.add({ call: 'counted', args: [1] }, { delay: 30, keep: PATIENCE })
      assert.equal(yield* jobs.result(next), 1)
      assert.equal(begun.isSet, true)
      assert.equal(worker.dead, false)
      assert.deepEqual(seen, [])
    })

    conforms('progress and outcome can be read by the id', function* ({ jobs, begun }) {
      const id = yield* jobs.add({ call: 'counted', args: [3] }, { keep: PATIENCE })
      yield* begun.wait()
      assert.deepEqual((yield* jobs.status(id))!.progress, { number: 3 })
      assert.equal(yield* jobs.result(id), 3)
      assert.deepEqual(yield* jobs.status(id), { id, state: 'done', attempt: 1, progress: { number: 3 } })
      const failing = yield* jobs.add({ call: 'failing', args: ['discard'] }, { keep: PATIENCE })
      yield* raises(jobs.result(failing), Discard, /^never$/)
      assert.equal((yield* jobs.status(failing))!.state, 'failed')
      // The outcome is noted before the engine knows of it.
      while ((yield* jobs.dead.list()).length === 0) yield* sleep(1)
      const forgotten = yield* jobs.add({ call: 'double', args: [1] })
      yield* raises(jobs.result(forgotten), JobGone, /knows nothing/)
      yield* raises(jobs.result('unknown'), JobGone, /knows nothing/)
    })
  })
}

function* raises(work: unknown, Class: new (...args: never[]) => Error, message: RegExp): Coroutine<void> {
  let raised: unknown
  try {
    yield* work as Coroutine<void>
  } catch (error) {
    raised = error
  }
  assert.ok(raised instanceof Class, String(raised))
  assert.match(raised.message, message)
}

/** The jobs of one name, for two programs that share a store. */
async function jobsOf(name: string, server: StoreUnderTest): Promise<[Jobs, Jobs]> {
  const [one, two] = [await server.open(), await server.open()]
  const queue = server.jobs(name)
  return [queue(one), queue(two)]
}

test('what cannot be meant is refused', () => {
  const jobs = memoryJobs()
  const pool = new RemotePool(jobs)
  assert.throws(() => new RemotePool({} as never), /expected the jobs of an engine/)
  assert.throws(() => new RemotePool(jobs, { size: -1 }), RangeError)
  assert.throws(() => new RemotePool(jobs, { grace: -1 }), RangeError)
  assert.throws(() => pool.apply(() => 1), /is not sent to other machines; export it from the module/)
  assert.throws(() => memoryJobs({ store: {} as FleetStore }), /expected a store/)
})

/** A caller that may be killed or interrupted anywhere, and one that comes after it. */
function* ordeal(killAfter = Infinity): Coroutine<void> {
  const jobs = memoryJobs({ lease: 30 })
  let inside = 0
  const module = {
    *work() {
      inside++
      try {
        yield* sleep(3)
      } finally {
        inside--
      }
      return 'done'
    },
  }
  const worker = spawn(() => consumeModule(jobs, module, { size: 2, grace: 10 }))
  worker.observe()
  const pool = new RemotePool(jobs)
  const work = fromModule<Module['nothing']>(new URL('file:///jobs.js'), 'work')
  // If it is the worker that is killed, there is none for it.
  const victim = spawn(() => pool.apply({ timeout: 20_000 }, work))
  victim.observe()
  const killer = spawn(function* () {
    yield* sleep(killAfter)
    yield* victim.kill()
  })
  try {
    yield* victim.join()
    // A kill between the start of the call and the return of spawn does not wait for it.
    yield* pool.join()
    assert.equal(inside, 0, 'the caller has ended, and its job runs')
    const second = spawn(() => pool.apply({ timeout: 20_000 }, work))
    second.observe()
    yield* second.join()
    yield* pool.join()
    assert.ok(worker.dead || !String(second.error).includes('20000 ms'), 'a call has no end')
    assert.equal(inside, 0)
  } finally {
    yield* shield(function* () {
      yield* killer.kill()
      yield* victim.kill()
      yield* worker.kill()
    })
    assert.equal(inside, 0)
  }
}

test('when a call has ended, its job has, wherever it was interrupted', async () => {
  await cancelEverywhere(() => ordeal(), { globals: true })
})

test('when a call has ended, its job has, in whatever order', async () => {
  for (const killAfter of [0, 1, 3]) await explore(() => ordeal(killAfter), { schedules: 100, globals: true })
})

test('a worker that stands still loses the job, and the call ends nevertheless', () =>
  simulate(function* () {
    const jobs = memoryJobs({ lease: 100 })
    const [held] = [yield* spawn(() => new RemotePool(jobs).spawn(reference('double'), 4))]
    // One takes it, and is never heard of again.
    const [lost] = yield* jobs.source.take(1)
    assert.equal(lost!.attempt, 1)
    const before = getHub().now()
    const worker = spawn(() => consumeModule(jobs, { double: (x: number) => 2 * x }))
    assert.equal(yield* held, 8)
    assert.ok(getHub().now() - before >= 100)
    yield* worker.kill()
  }))
