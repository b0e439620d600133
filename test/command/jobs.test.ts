import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { redisJobs, type DeadLetter, type Jobs } from 'gvent/jobs'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'
import { root } from '../docs/pages.js'
import { engines } from '../jobs/engines.js'
import type { ServerProgram } from '../io/servers/server-program.js'
import { startProgram } from '../io/program.js'

const program = join(root, 'dist', 'command', 'main.js')
const gvent = (...args: string[]): ReturnType<typeof startProgram>['ended'] =>
  startProgram([program, 'jobs', ...args]).ended

test('gvent jobs --help says all; a mistake is told on stderr, with status 2', async () => {
  const { code, stdout } = await gvent('--help')
  assert.equal(code, 0)
  for (const word of ['list', 'look', 'put-back', 'drop', '--engine', 'GVENT_ENGINE']) assert.ok(stdout.includes(word))
  for (const [args, message] of [
    [[], /write one of list, look, put-back, drop/],
    [['lst', '--engine', 'redis://localhost'], /no command "lst"/],
    [['list'], /no engine given/],
    [['list', '--engine', 'kafka://localhost'], /no engine kafka:/],
    [['list', '--engine', 'nonsense'], /expected an address/],
    [['list', '--engine', 'redis://:secret@localhost'], /other users can see a password/],
    [['list', '--nme', 'x'], /--nme/],
    [['drop', '--engine', 'redis://localhost'], /drop needs an ID/],
  ] as const) {
    const { code, stdout, stderr } = await gvent(...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /secret/)
  }
})

test('an engine that cannot be reached is told in a line, with status 1', async () => {
  const { code, stdout, stderr } = await gvent('list', '--engine', 'redis://127.0.0.1:1')
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^gvent jobs: redis:\/\/127\.0\.0\.1:1: .*\n$/)
})

for (const [name, { without, start }] of Object.entries(engines)) {
  const skip = without || (name === 'memory' && 'no other process can reach it')
  test(`${name}: dead letters are listed, looked at, put back and dropped by command`, { skip }, async () => {
    const engine = await start()
    try {
      const jobs = await engine.jobs('letters', 60_000)
      for (const id of ['a', 'b', 'c', 'd']) {
        await jobs.add({ to: id }, { id })
        const [delivery] = await jobs.source.take(1)
        await delivery!.discard(new RangeError(`no ${id}`))
      }
      const act = (...args: string[]): ReturnType<typeof gvent> =>
        gvent(...args, '--engine', engine.address!, '--name', 'letters')
      const lines = (text: string): DeadLetter[] =>
        text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as DeadLetter)
      const listed = await act('list', '--json')
      assert.deepEqual([listed.code, listed.stderr], [0, ''])
      assert.deepEqual(
        lines(listed.stdout)
          .map(({ id }) => id)
          .sort(),
        ['a', 'b', 'c', 'd'],
      )
      const [looked] = lines((await act('look', 'b', '--json')).stdout)
      assert.deepEqual([looked!.id, looked!.data, looked!.attempt], ['b', { to: 'b' }, 1])
      assert.match(looked!.error, /^RangeError: no b/)
      assert.equal((await act('put-back', 'b')).stdout, 'put back: 1\n')
      const [delivery] = await jobs.source.take(1)
      assert.deepEqual([delivery!.id, delivery!.data, delivery!.attempt], ['b', { to: 'b' }, 1])
      await delivery!.ack()
      const dropped = await act('drop', 'a', 'b')
      assert.deepEqual([dropped.code, dropped.stdout], [1, 'dropped: 1\n'])
      assert.match(dropped.stderr, /there is no dead letter "b"/)
      assert.equal((await act('drop', '--all')).stdout, 'dropped: 2\n')
      assert.equal((await act('list')).stdout, 'no dead letters in letters\n')
    } finally {
      await engine.stop()
    }
  })
}

describe('with Redis', { skip: withoutRedis }, () => {
  let server: ServerProgram
  let client: Redis
  let jobs: Jobs
  let engine: string[]
  before(async () => {
    server = await startRedis()
    client = new Redis(server.port)
    jobs = redisJobs(client, { name: 'mails' })
    await writeFile(join(server.folder, 'engine'), `redis://127.0.0.1:${server.port}\n`)
    engine = ['--engine', `@${join(server.folder, 'engine')}`, '--name', 'mails']
  })
  after(async () => {
    client.disconnect()
    await server.stop()
  })

  async function bury(id: string): Promise<void> {
    await jobs.add({ to: id }, { id })
    const [delivery] = await jobs.source.take(1)
    await delivery!.discard(new RangeError(`no \u001b[31m${id}`))
  }

  test('list, look, put-back and drop', async () => {
    assert.equal((await gvent('list', ...engine)).stdout, 'no dead letters in mails\n')
    for (const id of ['a', 'b', 'c', 'd']) await bury(id)
    const { stdout } = await gvent('list', ...engine)
    assert.match(stdout, /^ID {2}ATTEMPTS {2}DIED +ERROR\na +1 +\S+ {2}RangeError: no .*a\nb /)
    assert.ok(!stdout.includes('\u001b'))
    const looked = await gvent('look', 'b', ...engine)
    assert.match(looked.stdout, /^b: dead since \S+, after 1 attempts\n\{\n {2}"to": "b"\n\}\nRangeError: no/)
    const [line] = (await gvent('look', '--json', 'b', ...engine)).stdout.split('\n')
    assert.deepEqual((JSON.parse(line!) as { data: unknown }).data, { to: 'b' })
    assert.equal((await gvent('put-back', 'b', ...engine)).stdout, 'put back: 1\n')
    const [delivery] = await jobs.source.take(1)
    assert.deepEqual([delivery!.id, delivery!.attempt], ['b', 1])
    await delivery!.ack()
    const gone = await gvent('drop', 'a', 'b', ...engine)
    assert.deepEqual([gone.code, gone.stdout], [1, 'dropped: 1\n'])
    assert.match(gone.stderr, /there is no dead letter "b"/)
    assert.match((await gvent('list', '--limit', '1', ...engine)).stderr, /there are more/)
    assert.equal((await gvent('drop', '--all', ...engine)).stdout, 'dropped: 2\n')
    assert.deepEqual(await jobs.dead.list(), [])
  })

  test('an id keeps to its line, whatever is in it', async () => {
    await bury('two\nlines\tand \u001b[31mred')
    const { stdout } = await gvent('list', ...engine)
    assert.equal(stdout.split('\n').length, 3)
    assert.match(stdout, /two\u{fffd}lines\u{fffd}and \u{fffd}\[31mred/u)
    assert.equal((await gvent('drop', '--all', ...engine)).stdout, 'dropped: 1\n')
  })

  test('the failed jobs of BullMQ', async () => {
    const connection = { host: '127.0.0.1', port: server.port }
    const queue = new Queue('letters', { connection })
    const failing = new Worker('letters', () => Promise.reject(new Error('no')), { connection })
    const failed = new Promise((resolve) => failing.on('failed', resolve))
    const { id } = await queue.add('letter', 7)
    await failed
    await failing.close()
    const address = ['--engine', `bullmq://127.0.0.1:${server.port}`, '--name', 'letters']
    assert.match((await gvent('list', ...address)).stdout, /Error: no/)
    assert.match((await gvent('look', id!, ...address)).stdout, /\n7\nError: no/)
    assert.equal((await gvent('put-back', '--all', ...address)).stdout, 'put back: 1\n')
    assert.equal(await (await queue.getJob(id!))!.getState(), 'waiting')
    assert.equal((await gvent('drop', id!, ...address)).stdout, 'dropped: 0\n')
    await queue.close()
  })
})
