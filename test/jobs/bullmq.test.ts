import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { Event, Timeout, run, sleep } from 'gvent'
import { Discard, LeaseLost, bullDeadLetters, bullProcessor, capabilities, type BullProcessor } from 'gvent/jobs'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'
import type { ServerProgram } from '../io/servers/server-program.js'

/** The tests below are for these. */
assert.deepEqual(new Set(Object.values(capabilities.bullmq)), new Set([true]))

describe('bullmq', { skip: withoutRedis }, () => {
  let server: ServerProgram
  let names = 0
  const opened: { close: () => Promise<unknown> }[] = []
  before(async () => {
    server = await startRedis(true)
  })
  after(async () => {
    for (const each of opened.reverse()) await each.close()
    await server.stop()
  })

  function open(processor: BullProcessor, options: object = {}): { queue: Queue; worker: Worker } {
    const connection = { host: '127.0.0.1', port: server.port }
    const name = `queue-${++names}`
    const queue = new Queue(name, { connection })
    opened.push(queue)
    const worker = new Worker(name, processor, { connection, concurrency: 10, ...options })
    worker.on('error', () => undefined)
    worker.on('lockRenewalFailed', processor.lost)
    opened.push(worker)
    return { queue, worker }
  }

  test('a job is a greenlet, and its value is that of the job', async () => {
    const seen: unknown[] = []
    const { queue, worker } = open(
      bullProcessor(function* (data, job) {
        yield* sleep(1)
        seen.push(data, job.id, job.attempt)
        return 'value'
      }),
    )
    const completed = once(worker, 'completed')
    const job = await queue.add('mail', { to: 'ada' }, { jobId: 'mine', delay: 20 })
    const [, value] = (await completed) as [unknown, unknown]
    assert.equal(value, 'value')
    assert.deepEqual(seen, [{ to: 'ada' }, job.id, 1])
  })

  test('cancelJob kills the greenlet, whose cleanup runs, and the job is not tried again', async () => {
    const begun = new Event()
    const story: string[] = []
    const { queue, worker } = open(
      bullProcessor(function* () {
        begun.set()
        try {
          yield* sleep(60_000)
        } finally {
          yield* sleep(5)
          story.push('clean')
        }
      }),
    )
    const { id } = await queue.add('mail', 1, { attempts: 5 })
    await begun.wait()
    const failed = once(worker, 'failed')
    assert.equal(worker.cancelJob(id!, 'not wanted'), true)
    const [, error] = (await failed) as [unknown, Error]
    assert.match(error.message, /was killed: cancelled: not wanted/)
    assert.deepEqual(story, ['clean'])
    assert.equal(await queue.getFailedCount(), 1)
  })

  test('a job that BullMQ repeats runs again and again', async () => {
    const again = new Event()
    let times = 0
    const { queue } = open(
      bullProcessor(() => {
        if (++times === 3) again.set()
      }),
    )
    await queue.upsertJobScheduler('tick', { every: 20 })
    await again.wait()
    assert.equal(await queue.removeJobScheduler('tick'), true)
  })

  test('a timeout and an error are attempts, and a Discard is the last one', async () => {
    const errors: Error[] = []
    const { queue, worker } = open(
      bullProcessor(
        function* (data) {
          if (data === 'slow') yield* sleep(60_000)
          throw data === 'never' ? new Discard('never') : new Error('no')
        },
        { timeout: 20 },
      ),
    )
    worker.on('failed', (_job, error) => errors.push(error))
    for (const data of ['slow', 'bad', 'never']) await queue.add('mail', data, { attempts: 2 })
    while ((await queue.getFailedCount()) < 3) await sleep(5)
    while (errors.length < 5) await sleep(5)
    assert.equal(errors.filter((error) => error instanceof Timeout).length, 2)
    assert.equal(errors.filter(({ message }) => message === 'no').length, 2)
    assert.equal(errors.filter(({ message }) => message === 'never').length, 1)
  })

  test('stop hands back at once what does not end within grace, and no attempt is used up', async () => {
    const begun = new Event()
    const attempts: number[] = []
    let isSecond = false
    const processor = bullProcessor(
      function* (_data, job) {
        attempts.push(job.attempt)
        if (isSecond) return
        begun.set()
        yield* sleep(60_000)
      },
      { grace: 10 },
    )
    const { queue, worker } = open(processor)
    await queue.add('mail', 1)
    await begun.wait()
    await worker.pause(true)
    await processor.stop()
    await worker.close()
    assert.equal(await queue.getWaitingCount(), 1)
    isSecond = true
    const next = new Worker(
      queue.name,
      bullProcessor(function* (_data, job) {
        attempts.push(job.attempt)
      }),
      { connection: { host: '127.0.0.1', port: server.port } },
    )
    opened.push(next)
    await once(next, 'completed')
    assert.deepEqual(attempts, [1, 1])
  })

  test('a lock that is lost is raised in the work', async () => {
    const begun = new Event()
    const lost = new Event()
    const processor = bullProcessor(function* () {
      begun.set()
      try {
        yield* sleep(60_000)
      } catch (error) {
        if (error instanceof LeaseLost) lost.set()
        throw error
      }
    })
    const { queue } = open(processor, { lockDuration: 400, lockRenewTime: 100, maxStalledCount: 0 })
    const { id } = await queue.add('mail', 1)
    await begun.wait()
    const client = new Redis(server.port)
    await client.del(`bull:${queue.name}:${id!}:lock`)
    client.disconnect()
    assert.equal(await lost.wait({ timeout: 30_000 }), true)
  })

  test('dead letters are listed, looked at, put back and dropped', async () => {
    let isMended = false
    const { queue, worker } = open(
      bullProcessor((data) => {
        if (!isMended) throw new RangeError(`no ${String(data)}`)
      }),
    )
    const dead = bullDeadLetters(queue)
    const ids: string[] = []
    for (const data of ['one', 'two']) ids.push((await queue.add('mail', data)).id!)
    while ((await queue.getFailedCount()) < 2) await sleep(5)
    await run(function* () {
      assert.deepEqual((yield* dead.list()).map(({ id }) => id).sort(), ids)
      const letter = (yield* dead.look(ids[1]!))!
      assert.deepEqual([letter.data, letter.attempt], ['two', 1])
      assert.match(letter.error, /RangeError: no two|no two/)
      assert.equal(yield* dead.look('nobody'), undefined)
      assert.equal(yield* dead.drop(ids[0]!), true)
      assert.equal(yield* dead.drop(ids[0]!), false)
    })
    isMended = true
    const completed = once(worker, 'completed')
    assert.equal(await dead.putBack(ids[1]!), true)
    await completed
    assert.deepEqual(await dead.list(), [])
  })

  test('jobs outlive the server, and come in order, once for an id, after their delay', async () => {
    const seen: unknown[] = []
    const all = new Event()
    const processor = bullProcessor((data) => {
      if (seen.push(data) === 4) all.set()
    })
    const { queue, worker } = open(processor, { concurrency: 1, autorun: false })
    queue.on('error', () => undefined)
    const before = Date.now()
    await queue.add('mail', 'later', { delay: 300 })
    await queue.add('mail', 'one', { jobId: 'mail-one' })
    await queue.add('mail', 'another one', { jobId: 'mail-one' })
    await queue.add('mail', 'two')
    await queue.add('mail', 'three')
    await server.restart()
    void worker.run()
    assert.equal(await all.wait({ timeout: 30_000 }), true)
    assert.ok(Date.now() - before >= 295)
    // The delay may have been over before the server was up again.
    assert.deepEqual(
      seen.filter((data) => data !== 'later'),
      ['one', 'two', 'three'],
    )
  })
})
