import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, spawn, type Coroutine } from 'gvent'
import { consumeModule, currentJob, memoryJobs, type JobCall, type JobEvent } from 'gvent/jobs'
import { simulate } from 'gvent/testing'

/** Runs jobs until all of them have ended, and returns what happened to each. */
function* outcomesOf(module: object, calls: unknown[], attempts = 1): Coroutine<JobEvent[]> {
  const jobs = memoryJobs()
  const events: JobEvent[] = []
  const retry = { attempts, backoff: 1 }
  const worker = spawn(() => consumeModule(jobs, module, { retry, onEvent: (event) => events.push(event) }))
  for (const call of calls) yield* jobs.add(call)
  yield* sleep(1000)
  yield* worker.kill()
  return events.filter(({ type }) => type === 'done' || type === 'dead')
}

const messageOf = (event: JobEvent | undefined): string => ('error' in event! ? String(event.error) : '')

test('a job calls a function by its name: a generator function, an async or a plain one', () =>
  simulate(function* () {
    const module = {
      *later(one: number, two: number) {
        yield* sleep(10)
        return one + two
      },
      async promised(text: string) {
        await Promise.resolve()
        return text.toUpperCase()
      },
      default: (...args: unknown[]) => args.length,
    }
    const calls: JobCall[] = [{ call: 'later', args: [1, 2] }, { call: 'promised', args: ['a'] }, { call: 'default' }]
    const values = (yield* outcomesOf(module, calls)).map((event) => 'value' in event && event.value)
    assert.deepEqual(values.sort(), [0, 3, 'A'])
  }))

test('nothing is run but the functions that the module itself exports', () =>
  simulate(function* () {
    const module = Object.assign(Object.create({ inherited: () => 'run' }) as object, {
      sendMail: () => 'sent',
      resize: () => 'resized',
      Klass: class {},
      limit: 3,
    })
    const names = ['inherited', 'Klass', 'limit', 'toString', 'constructor', '__proto__', 'call', '']
    const events = yield* outcomesOf(
      module,
      names.map((call) => ({ call })),
      5,
    )
    assert.equal(events.length, names.length)
    for (const event of events) {
      assert.equal(event.type, 'dead')
      assert.match(
        messageOf(event),
        /^Discard: the module of this worker exports no function ".*"; it exports resize, sendMail$/,
      )
    }
  }))

test('data that are no call are a dead letter at once', () =>
  simulate(function* () {
    const data = [null, 1, 'sendMail', {}, { call: 1 }, { call: 'sendMail', args: 'ada' }, ['sendMail']]
    const events = yield* outcomesOf({ sendMail: () => 'sent' }, data, 5)
    assert.equal(events.length, data.length)
    for (const event of events) assert.match(messageOf(event), /^Discard: a job of a module is \{ call, args \}/)
  }))

test('the function finds its job, and so do the greenlets that it spawns', () =>
  simulate(function* () {
    const seen: unknown[] = []
    const module = {
      *look() {
        const job = currentJob()
        seen.push(job.attempt, job.signal.aborted)
        yield* sleep(1)
        const inner = yield* spawn(() => currentJob())
        seen.push(inner === job, currentJob() === job)
      },
    }
    yield* outcomesOf(module, [{ call: 'look' }])
    assert.deepEqual(seen, [1, false, true, true])
    assert.throws(currentJob, /currentJob\(\): no job runs here/)
  }))

test('errors are tried again and timeouts raised as in consume', () =>
  simulate(function* () {
    let attempts = 0
    const jobs = memoryJobs()
    const events: string[] = []
    const module = {
      *slow() {
        attempts++
        yield* sleep(1000)
      },
    }
    const options = { timeout: 10, retry: { attempts: 3, backoff: 1 } }
    const worker = spawn(() =>
      consumeModule(jobs, module, { ...options, onEvent: ({ type }) => void events.push(type) }),
    )
    yield* jobs.add({ call: 'slow' } satisfies JobCall)
    yield* sleep(2000)
    yield* worker.kill()
    assert.equal(attempts, 3)
    assert.deepEqual(events, ['started', 'retry', 'started', 'retry', 'started', 'dead'])
  }))

test('what cannot be meant is refused', () => {
  const jobs = memoryJobs()
  assert.throws(() => consumeModule({} as never, { f: () => 1 }), /expected the jobs of an engine/)
  assert.throws(() => consumeModule(jobs, Promise.resolve({})), /expected a module.*await import/)
  assert.throws(() => consumeModule(jobs, { limit: 3 }), /a module that exports functions/)
  assert.throws(() => consumeModule(jobs, undefined as never), /expected a module/)
  assert.throws(() => consumeModule(jobs, { f: () => 1 }, { size: 0 }), RangeError)
})
