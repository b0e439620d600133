import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Event, all, run, sleep, spawn, withTimeout, type Coroutine } from 'gvent'
import {
  Discard,
  JobGone,
  LeaseLost,
  capabilities,
  consume,
  type Capabilities,
  type Delivery,
  type Jobs,
} from 'gvent/jobs'
import { engines, type EngineName, type EngineUnderTest } from './engines.js'

/** A lease that a test outlasts on purpose. */
const SHORT = 300
/** One that is never over. */
const LONG = 60_000
/** Far beyond what anything here takes: nothing is waited for longer. */
const PATIENCE = 30_000

for (const [name, { without, start }] of Object.entries(engines)) {
  const can = capabilities[name as EngineName]
  describe(name, { skip: without }, () => {
    let engine: EngineUnderTest
    let names = 0
    const tried = new Set<keyof Capabilities>()
    before(async () => {
      engine = await start()
      // RabbitMQ notes with some delay that there is a queue: it must not be killed right after that.
      await (await engine.jobs('durable', LONG)).dead.list()
    })
    after(() => engine.stop())

    /** A test with a queue of its own. */
    function conforms(
      title: string,
      needs: (keyof Capabilities)[],
      body: (jobs: Jobs, other: Jobs) => Coroutine<void>,
      lease = LONG,
    ): void {
      const reason = needs.map((need) => can[need]).find((cell) => cell !== true)
      for (const need of needs) tried.add(need)
      test(title, { skip: reason ?? false }, async () => {
        const queue = `queue-${++names}`
        const jobs = await engine.jobs(queue, lease)
        const other = await engine.jobs(queue, lease)
        await run(() => withTimeout(PATIENCE, () => body(jobs, other)))
      })
    }

    conforms('a job comes as it was added, once, and is gone when it is acknowledged', [], function* (jobs, other) {
      const data = { text: 'ä€\u{1F600}\n"\\', list: [1, null, true, { deep: [] }], number: 1.5 }
      const id = yield* jobs.add(data)
      const delivery = yield* takeOne(other)
      assert.deepEqual([delivery.id, delivery.data, delivery.attempt], [id, data, 1])
      yield* delivery.ack('value')
      yield* nothingComes(jobs)
    })

    conforms('many jobs are added at once, in their order, each with its options', ['order'], function* (jobs, other) {
      // So large that it takes several exchanges.
      const count = 50
      const text = 'x'.repeat(60_000)
      function* many(): Generator<{ data: { job: number; text: string }; id: string }> {
        for (let job = 0; job < count; job++) yield { data: { job, text }, id: `job-${job}` }
      }
      const ids = yield* jobs.addAll(many())
      assert.deepEqual([ids.length, ids[0], ids.at(-1)], [count, 'job-0', `job-${count - 1}`])
      const seen: number[] = []
      while (seen.length < count) {
        const deliveries = yield* other.source.take(count)
        for (const { id, data, attempt } of deliveries) {
          const { job } = data as { job: number }
          assert.deepEqual([id, attempt], [`job-${job}`, 1])
          seen.push(job)
        }
        yield* all(deliveries.map((delivery) => delivery.ack()))
      }
      assert.deepEqual(
        seen,
        Array.from({ length: count }, (_, job) => job),
      )
      yield* nothingComes(jobs)
      assert.deepEqual(yield* jobs.addAll([]), [])
      const [first, second] = yield* jobs.addAll([{ data: 'later', delay: 300 }, { data: 'now' }])
      assert.equal((yield* takeOne(other)).id, second)
      assert.equal((yield* takeOne(other)).id, first)
    })

    conforms('of many jobs those that are there already change nothing', ['unique'], function* (jobs, other) {
      yield* jobs.add('first', { id: 'a' })
      yield* jobs.addAll(['a', 'b', 'b', 'c'].map((id, index) => ({ data: index, id })))
      const seen: unknown[] = []
      while (seen.length < 3) {
        const delivery = yield* takeOne(other)
        seen.push([delivery.id, delivery.data])
        yield* delivery.ack()
      }
      assert.deepEqual(seen, [
        ['a', 'first'],
        ['b', 1],
        ['c', 3],
      ])
      yield* nothingComes(jobs)
    })

    conforms('of many jobs one that cannot be added is refused, with the rest', [], function* (jobs) {
      for (const [bad, error] of [
        [{ data: undefined }, TypeError],
        [{ data: 1, id: '' }, TypeError],
        [{ data: 1, dealy: 3 }, TypeError],
        [{ data: 1, delay: Infinity }, TypeError],
        [{ data: 'x'.repeat(1024 * 1024) }, { name: 'LimitError' }],
        [undefined, TypeError],
      ] as const) {
        const raised = yield* raisedBy(() => jobs.addAll([{ data: 'good' }, bad as { data: unknown }]))
        if (typeof error === 'function') assert.ok(raised instanceof error, String(raised))
        else assert.equal((raised as Error).name, error.name)
      }
      assert.throws(() => jobs.addAll(7 as never), TypeError)
      yield* nothingComes(jobs)
    })

    conforms('greenlets that add at the same time get each its own', [], function* (jobs, other) {
      const count = 100
      const ids = yield* all(Array.from({ length: count }, (_, job) => jobs.add(job, { id: `job-${job}` })))
      assert.deepEqual(
        ids,
        Array.from({ length: count }, (_, job) => `job-${job}`),
      )
      const seen = new Set<unknown>()
      while (seen.size < count) {
        for (const delivery of yield* other.source.take(count)) {
          seen.add(delivery.data)
          yield* delivery.ack()
        }
      }
      yield* nothingComes(jobs)
    })

    conforms('take waits, and returns as soon as there is one', [], function* (jobs, other) {
      const taking = spawn(() => other.source.take(10))
      yield* nothingComes(jobs)
      yield* jobs.add('first')
      const [delivery, ...more] = yield* taking
      assert.equal(delivery!.data, 'first')
      assert.deepEqual(more, [])
      yield* delivery!.ack()
    })

    conforms('take gives no more than it was asked for', [], function* (jobs) {
      for (let job = 0; job < 5; job++) yield* jobs.add(job)
      const first = yield* jobs.source.take(2)
      assert.ok(first.length === 1 || first.length === 2)
      const seen = first.map(({ data }) => data)
      for (const delivery of first) yield* delivery.ack()
      while (seen.length < 5) {
        for (const delivery of yield* jobs.source.take(5)) {
          seen.push(delivery.data)
          yield* delivery.ack()
        }
      }
      assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4])
    })

    conforms('jobs come in the order in which they were added', ['order'], function* (jobs, other) {
      for (let job = 0; job < 20; job++) yield* jobs.add(job)
      const seen: unknown[] = []
      while (seen.length < 20) {
        const delivery = yield* takeOne(other)
        seen.push(delivery.data)
        yield* delivery.ack()
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, job) => job),
      )
    })

    conforms('a job that failed comes again after the delay, with the next attempt', [], function* (jobs, other) {
      yield* jobs.add('flaky')
      const delivery = yield* takeOne(jobs)
      const before = Date.now()
      yield* delivery.retry(200, new Error('no'))
      const again = yield* takeOne(other)
      assert.ok(Date.now() - before >= 195, `after ${Date.now() - before} ms`)
      assert.deepEqual([again.id, again.data, again.attempt], [delivery.id, 'flaky', 2])
      yield* again.ack()
    })

    conforms(
      'a job that was handed back comes at once, and no attempt was used up',
      ['attempts'],
      function* (jobs, other) {
        yield* jobs.add('calm')
        for (let times = 0; times < 3; times++) {
          const delivery = yield* takeOne(times % 2 === 0 ? jobs : other)
          assert.equal(delivery.attempt, 1)
          yield* delivery.retry(0)
        }
        const delivery = yield* takeOne(jobs)
        yield* delivery.retry(0, new Error('this one counts'))
        const last = yield* takeOne(jobs)
        assert.equal(last.attempt, 2)
        yield* last.ack()
      },
    )

    conforms('a job comes when its delay is over', ['delay'], function* (jobs, other) {
      const before = Date.now()
      yield* jobs.add('later', { delay: 300 })
      yield* jobs.add('now')
      const first = yield* takeOne(other)
      assert.deepEqual([first.data, first.attempt], ['now', 1])
      const second = yield* takeOne(other)
      assert.ok(Date.now() - before >= 295)
      assert.deepEqual([second.data, second.attempt], ['later', 1])
      yield* first.ack()
      yield* second.ack()
    })

    conforms('adding a job again while it is there changes nothing', ['unique'], function* (jobs, other) {
      const ids = [yield* jobs.add(1, { id: 'order 7/ä*>.' }), yield* other.add(2, { id: 'order 7/ä*>.' })]
      const delivery = yield* takeOne(jobs)
      ids.push(yield* jobs.add(3, { id: 'order 7/ä*>.' }))
      assert.deepEqual([...ids, delivery.id], Array(4).fill('order 7/ä*>.'))
      assert.equal(delivery.data, 1)
      yield* delivery.retry(0)
      ids.push(yield* jobs.add(4, { id: 'order 7/ä*>.' }))
      const again = yield* takeOne(jobs)
      assert.equal(again.data, 1)
      yield* again.ack()
      yield* nothingComes(jobs)
      yield* jobs.add(5, { id: 'order 7/ä*>.' })
      const anew = yield* takeOne(jobs)
      assert.deepEqual([anew.data, anew.attempt], [5, 1])
      yield* anew.ack()
    })

    conforms('an id without a promise of uniqueness is that of the deliveries', [], function* (jobs) {
      assert.equal(yield* jobs.add(1, { id: 'mine' }), 'mine')
      const delivery = yield* takeOne(jobs)
      assert.equal(delivery.id, 'mine')
      yield* delivery.ack()
    })

    conforms(
      'a job whose lease is over is another worker’s: the first one can do nothing more with it',
      ['lease'],
      function* (jobs, other) {
        yield* jobs.add('slow')
        const first = yield* takeOne(jobs)
        const second = yield* takeOne(other)
        assert.deepEqual([second.id, second.attempt], [first.id, 2])
        for (const act of [
          () => first.extend(),
          () => first.ack(),
          () => first.retry(0),
          () => first.retry(0, new Error('no')),
          () => first.discard(new Error('no')),
        ]) {
          assert.ok((yield* raisedBy(act)) instanceof LeaseLost)
        }
        yield* second.ack()
        yield* nothingComes(jobs)
        assert.deepEqual(yield* jobs.dead.list(), [])
      },
      SHORT,
    )

    conforms(
      'a lease that is extended is not over',
      ['lease'],
      function* (jobs, other) {
        yield* jobs.add('long')
        const delivery = yield* takeOne(jobs)
        const taking = spawn(() => other.source.take(1))
        for (let times = 0; times < 8; times++) {
          yield* sleep(SHORT / 4)
          yield* delivery.extend()
        }
        assert.equal(taking.dead, false)
        yield* taking.kill()
        yield* delivery.ack()
      },
      SHORT,
    )

    conforms('a killed take holds nothing', [], function* (jobs, other) {
      for (let times = 0; times < 10; times++) {
        const taking = spawn(() => jobs.source.take(1))
        yield* sleep(times)
        yield* taking.kill()
      }
      yield* jobs.add('kept')
      for (let times = 0; times < 10; times++) {
        const taking = spawn(() => jobs.source.take(1))
        yield* sleep(times % 3)
        yield* taking.kill()
        if (taking.value instanceof Array) for (const delivery of taking.value) yield* delivery.retry(0)
      }
      const delivery = yield* takeOne(other)
      assert.equal(delivery.data, 'kept')
      assert.equal(delivery.attempt, 1)
      yield* delivery.ack()
    })

    conforms('dead letters are listed, looked at, put back and dropped', ['deadLetters'], function* (jobs, other) {
      const ids: string[] = []
      for (const data of ['one', 'two', 'three']) ids.push(yield* jobs.add({ data }))
      for (let count = 0; count < 3; count++) {
        const delivery = yield* takeOne(jobs)
        yield* delivery.discard(new RangeError(`no ${(delivery.data as { data: string }).data}`))
      }
      yield* nothingComes(jobs)
      const letters = yield* other.dead.list()
      assert.deepEqual(letters.map(({ id }) => id).sort(), [...ids].sort())
      assert.equal((yield* other.dead.list(2)).length, 2)
      const letter = (yield* other.dead.look(ids[1]!))!
      assert.deepEqual([letter.id, letter.data, letter.attempt], [ids[1], { data: 'two' }, 1])
      assert.match(letter.error, /^RangeError: no two/)
      assert.ok(Math.abs(letter.at.getTime() - Date.now()) < PATIENCE)
      assert.equal(yield* other.dead.look('nobody'), undefined)
      assert.equal(yield* other.dead.drop(ids[0]!), true)
      assert.equal(yield* other.dead.drop(ids[0]!), false)
      assert.equal(yield* other.dead.putBack(ids[0]!), false)
      assert.equal(yield* other.dead.putBack(ids[1]!), true)
      assert.deepEqual(
        (yield* jobs.dead.list()).map(({ id }) => id),
        [ids[2]],
      )
      const delivery = yield* takeOne(jobs)
      assert.deepEqual([delivery.id, delivery.data, delivery.attempt], [ids[1], { data: 'two' }, 1])
      yield* delivery.ack()
      yield* nothingComes(jobs)
    })

    conforms('many jobs on two workers: each is done, once, and nothing is left', [], function* (jobs, other) {
      const count = 200
      const runs = new Map<unknown, number>()
      const all = new Event()
      let inside = 0
      let peak = 0
      function* work(data: unknown): Coroutine<void> {
        peak = Math.max(peak, ++inside)
        yield* sleep(Number(data) % 7)
        inside--
        runs.set(data, (runs.get(data) ?? 0) + 1)
        if (runs.size === count) all.set()
      }
      const workers = [jobs, other].map(({ source }) => spawn(() => consume(source, work, { size: 5 })))
      for (let job = 0; job < count; job++) yield* jobs.add(job)
      yield* all.wait()
      for (const worker of workers) yield* worker.kill()
      assert.ok(peak <= 10)
      assert.deepEqual(new Set(runs.values()), new Set([1]))
      yield* nothingComes(jobs)
    })

    conforms('errors are tried again and end among the dead letters', ['deadLetters'], function* (jobs) {
      const bad = yield* jobs.add('bad')
      const worse = yield* jobs.add('worse')
      const attempts: string[] = []
      const options = { retry: { attempts: 3, backoff: { initial: 5, max: 10 } }, onEvent: () => undefined }
      const worker = spawn(() =>
        consume(
          jobs.source,
          (data, { attempt }) => {
            attempts.push(`${String(data)} ${attempt}`)
            if (data === 'worse') throw new Discard('at once')
            throw new Error('again')
          },
          options,
        ),
      )
      while ((yield* jobs.dead.list()).length < 2) yield* sleep(5)
      yield* worker.kill()
      assert.deepEqual(attempts.sort(), ['bad 1', 'bad 2', 'bad 3', 'worse 1'])
      assert.match((yield* jobs.dead.look(bad))!.error, /^Error: again/)
      assert.equal((yield* jobs.dead.look(bad))!.attempt, 3)
      assert.match((yield* jobs.dead.look(worse))!.error, /^Discard: at once/)
    })

    conforms('a killed worker hands back at once, and another one has the jobs', ['attempts'], function* (jobs, other) {
      for (let job = 0; job < 5; job++) yield* jobs.add(job)
      const busy = new Event()
      let begun = 0
      const worker = spawn(() =>
        consume(
          jobs.source,
          function* () {
            if (++begun === 5) busy.set()
            yield* sleep(LONG)
          },
          { grace: 20 },
        ),
      )
      yield* busy.wait()
      yield* worker.kill()
      const seen: unknown[] = []
      while (seen.length < 5) {
        const delivery = yield* takeOne(other)
        assert.equal(delivery.attempt, 1)
        seen.push(delivery.data)
        yield* delivery.ack()
      }
      assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4])
    })

    conforms('data that is no JSON is refused, and so is too much of it', [], function* (jobs) {
      const circular: { self?: unknown } = {}
      circular.self = circular
      for (const data of [undefined, () => 1, Symbol('x'), circular, 1n]) assert.throws(() => jobs.add(data), TypeError)
      assert.throws(() => jobs.add('x'.repeat(1024 * 1024)), { name: 'LimitError', code: 'GVENT_LIMIT' })
      assert.throws(() => jobs.add(1, { id: '' }), TypeError)
      yield* nothingComes(jobs)
    })

    test('what was added, and what is dead, outlives the engine', { skip: lacks('durable') }, async () => {
      const jobs = await engine.jobs('durable', LONG)
      await run(function* () {
        yield* jobs.add('dead', { id: 'dead' })
        yield* (yield* takeOne(jobs)).discard(new Error('no'))
        yield* jobs.add('first', { id: 'first' })
        yield* jobs.add('second', { id: 'second' })
      })
      await engine.restart()
      const anew = await engine.jobs('durable', LONG)
      await run(() =>
        withTimeout(PATIENCE, function* () {
          for (const id of ['first', 'second']) {
            const delivery = yield* takeOne(anew)
            assert.deepEqual([delivery.id, delivery.data], [id, id])
            yield* delivery.ack()
          }
          yield* nothingComes(anew)
          assert.deepEqual(
            (yield* anew.dead.list()).map(({ id }) => id),
            ['dead'],
          )
        }),
      )
    })

    conforms('a job is cancelled by its id, whether it runs or waits', ['cancel'], function* (jobs, other) {
      const begun = new Event()
      const events: string[] = []
      const running = yield* jobs.add('runs', { keep: PATIENCE })
      const worker = spawn(() =>
        consume(
          other.source,
          function* () {
            begun.set()
            yield* sleep(PATIENCE)
          },
          { size: 1, grace: 0, onEvent: ({ type }) => void events.push(type) },
        ),
      )
      yield* begun.wait()
      const waiting = yield* jobs.add('waits', { keep: PATIENCE })
      assert.equal(yield* jobs.cancel(waiting), true)
      assert.equal(yield* jobs.cancel(running), true)
      for (const id of [running, waiting]) {
        try {
          yield* jobs.result(id)
          assert.fail('it has an outcome')
        } catch (error) {
          assert.ok(error instanceof JobGone, String(error))
        }
      }
      const expected = ['started', 'cancelled', ...(can.remove === true ? [] : ['cancelled'])]
      while (events.length < expected.length) yield* sleep(1)
      yield* worker.kill()
      assert.deepEqual(events, expected)
      assert.deepEqual(yield* jobs.dead.list(), [])
      yield* nothingComes(jobs)
    })

    conforms(
      'a waiting job that is cancelled leaves the engine at once',
      ['cancel', 'remove'],
      function* (jobs, other) {
        // No worker drops it: another program that has no store finds nothing.
        const ids = yield* jobs.addAll([
          { data: 'waits', id: 'waits ä*>.' },
          { data: 'later', delay: PATIENCE },
          { data: 'kept', keep: PATIENCE },
          { data: 'stays' },
        ])
        for (const id of ids.slice(0, 3)) assert.equal(yield* other.cancel(id), true)
        assert.equal(yield* other.cancel(ids[0]!), false)
        assert.ok((yield* raisedBy(() => jobs.result(ids[2]!))) instanceof JobGone)
        const delivery = yield* takeOne(jobs)
        assert.equal(delivery.data, 'stays')
        yield* delivery.ack()
        yield* nothingComes(jobs)
        yield* jobs.add('anew', { id: ids[0]! })
        const anew = yield* takeOne(other)
        assert.deepEqual([anew.id, anew.data, anew.attempt], [ids[0], 'anew', 1])
        yield* anew.ack()
        yield* nothingComes(jobs)
      },
    )

    conforms(
      'a job that failed and waits for its next attempt is cancelled, too',
      ['cancel', 'remove'],
      function* (jobs, other) {
        const failed = new Event()
        const id = yield* jobs.add('fails')
        const worker = spawn(() =>
          consume(
            jobs.source,
            () => {
              throw new Error('no')
            },
            {
              retry: { backoff: PATIENCE },
              onEvent: ({ type }) => {
                if (type === 'retry') failed.set()
              },
            },
          ),
        )
        yield* failed.wait()
        assert.equal(yield* other.cancel(id), true)
        yield* worker.kill()
        yield* jobs.add('anew', { id })
        const anew = yield* takeOne(other)
        assert.deepEqual([anew.data, anew.attempt], ['anew', 1])
        yield* anew.ack()
        yield* nothingComes(jobs)
      },
    )

    conforms('a job that is taken is not removed', ['cancel'], function* (jobs, other) {
      const id = yield* jobs.add('taken')
      const delivery = yield* takeOne(jobs)
      assert.equal(yield* other.cancel(id), true)
      yield* delivery.ack()
      yield* nothingComes(jobs)
    })

    conforms('a dead letter is not cancelled', ['cancel', 'deadLetters'], function* (jobs) {
      const id = yield* jobs.add('dead')
      const delivery = yield* takeOne(jobs)
      yield* delivery.discard(new Error('no'))
      yield* jobs.cancel(id)
      assert.deepEqual((yield* jobs.dead.look(id))?.data, 'dead')
    })

    test('all that the table promises is tried', () => {
      const promised = (Object.keys(can) as (keyof Capabilities)[]).filter((each) => can[each] === true)
      assert.deepEqual(
        promised.filter((each) => !tried.has(each)),
        [],
      )
    })

    function lacks(capability: keyof Capabilities): string | false {
      tried.add(capability)
      const cell = can[capability]
      return cell === true ? false : cell
    }
  })
}

function* takeOne(jobs: Jobs): Coroutine<Delivery> {
  const [delivery, ...more] = yield* jobs.source.take(1)
  assert.deepEqual(more, [])
  return delivery!
}

/** Whether the engine has nothing to give: as far as one can see in a moment. */
function* nothingComes(jobs: Jobs): Coroutine<void> {
  const taken = yield* withTimeout(100, () => jobs.source.take(1), { value: undefined })
  assert.equal(taken?.[0]?.data, undefined)
}

function* raisedBy(act: () => unknown): Coroutine<unknown> {
  try {
    yield act()
    return undefined
  } catch (error) {
    return error
  }
}
