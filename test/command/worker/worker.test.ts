import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Redis } from 'ioredis'
import { redisJobs, type Jobs } from 'gvent/jobs'
import { startRedis, withoutRedis } from '../../ecosystem/redis-server.js'
import type { Program } from '../../io/program.js'
import type { ServerProgram } from '../../io/servers/server-program.js'
import { Folder, gvent, startWorker } from './worker-program.js'

const folder = new Folder()
after(() => folder.remove())

/** Jobs that say in a list of Redis what they do. */
const jobsFile = (version: string): string => `
import { sleep, until } from 'gvent'
import { currentJob } from 'gvent/jobs'
import { Redis } from 'ioredis'
const client = new Redis(process.env.REDIS_PORT)
const say = (...words) => until(client.rpush(process.env.SAID, JSON.stringify(words)))
export function* greet(name) { yield* say('greet', name, '${version}', process.pid) }
export function* linger() {
  yield* say('linger', currentJob().attempt, process.pid)
  try { yield* sleep(3_600_000) } finally { yield* say('cleaned up') }
}
export function* finish(ms) {
  yield* say('begins')
  yield* until(client.duplicate().blpop(process.env.SAID + ':go', 0))
  yield* say('finished', '${version}')
}
const hidden = () => 'is not exported'
`

test('gvent worker --help says all; a mistake is told on stderr, with status 2', async () => {
  const file = folder.write('any.mjs', 'export const any = () => 1')
  const help = await gvent('worker', '--help')
  assert.equal(help.code, 0)
  for (const word of ['--engine', 'GVENT_ENGINE', '--processes', '--health', '--grace', 'SIGHUP'])
    assert.ok(help.stdout.includes(word))
  for (const [args, message] of [
    [[], /which jobs\?/],
    [[file], /no engine given/],
    [['none.js', '--engine', 'redis://localhost'], /there is no file none\.js/],
    [[file, '--engine', 'redis://user:secret@localhost'], /other users can see a password.*--engine-file/],
    [[file, '--engine', 'postgres://localhost/db?password=secret'], /other users can see a password/],
    [[file, '--engine', 'redis://localhost', '--processes', '0'], /--processes/],
    [[file, '--engine', 'redis://localhost', '--health', 'x'], /--health: expected a port/],
    [[file, '--engine', 'redis://localhost', '--grace', 'soon'], /--grace/],
    [[file, '--engine', 'kafka://localhost'], /no engine kafka:/],
    [[file, '--nme', 'x'], /--nme/],
  ] as const) {
    const { code, stdout, stderr } = await gvent('worker', ...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /secret/)
  }
})

test('a worker that cannot begin says why in one line, however many processes, with status 1', async () => {
  const file = folder.write('fine.mjs', 'export const any = () => 1')
  const broken = folder.write('broken.mjs', 'export function (')
  const engine = ['--engine', 'redis://127.0.0.1:1', '--processes', '2', '--quiet']
  for (const [name, message] of [
    [file, /^gvent worker: redis:\/\/127\.0\.0\.1:1: .*\n$/],
    [broken, /^gvent worker: .*Function statements require a function name.*\n$/],
  ] as const) {
    const { code, stdout, stderr } = await gvent('worker', name, ...engine)
    assert.deepEqual([code, stdout], [1, ''], stderr)
    assert.match(stderr, message)
  }
})

describe('with Redis', { skip: withoutRedis }, () => {
  let server: ServerProgram
  let client: Redis
  let waiting: Redis
  before(async () => {
    server = await startRedis()
    client = new Redis(server.port)
    waiting = new Redis(server.port)
  })
  after(async () => {
    client.disconnect()
    waiting.disconnect()
    await server.stop()
  })

  interface Fixture {
    readonly jobs: Jobs
    readonly worker: Program
    readonly file: string
    /** The next words that a job says. */
    readonly said: () => Promise<unknown[]>
    /** The address of `--health`. */
    readonly health: () => Promise<string>
    /** Ends the worker. */
    readonly stop: () => ReturnType<typeof gvent>
  }

  function start(name: string, ...args: string[]): Fixture {
    const file = folder.write(`${name}.mjs`, jobsFile('one'))
    const engine = folder.write(`${name}.engine`, `redis://127.0.0.1:${server.port}\n`)
    const worker = startWorker([file, '--engine-file', engine, '--name', name, '--health', '0', ...args], {
      REDIS_PORT: String(server.port),
      SAID: name,
    })
    let stderr = ''
    worker.child.stderr!.on('data', (text: string) => (stderr += text))
    return {
      jobs: redisJobs(client, { name }),
      worker,
      file,
      said: async () => JSON.parse((await waiting.blpop(name, 0))![1]) as unknown[],
      health: async () => {
        await worker.printed('health at', 'stderr')
        return /health at (\S+)\//.exec(stderr)![1]!
      },
      stop: () => {
        worker.child.kill('SIGTERM')
        return worker.ended
      },
    }
  }

  test('it runs what jobs call by name, and nothing else', async () => {
    const { jobs, worker, said, stop } = start('names', '--processes', '2', '--attempts', '1')
    await jobs.add({ call: 'greet', args: ['Ada'] })
    assert.deepEqual((await said()).slice(0, 3), ['greet', 'Ada', 'one'])
    await jobs.add({ call: 'hidden' }, { id: 'h' })
    await worker.printed('job h: dead', 'stderr')
    assert.match((await jobs.dead.look('h'))!.error, /exports no function "hidden"; it exports finish, greet, linger/)
    const { code, stderr } = await stop()
    assert.equal(code, 143)
    assert.match(stderr, /stopped: 1 done, 1 dead letter\n$/)
  })

  test('SIGTERM gives back what does not end within the grace; the next worker has it at once', async () => {
    const first = start('grace', '--grace', '0')
    await first.jobs.add({ call: 'linger' }, { id: 'long' })
    assert.deepEqual((await first.said()).slice(0, 2), ['linger', 1])
    const { code, stderr } = await first.stop()
    assert.equal(code, 143)
    assert.match(stderr, /stopped: 0 done, 1 given back\n$/)
    assert.deepEqual(await first.said(), ['cleaned up'])
    const [delivery] = await first.jobs.source.take(1)
    assert.deepEqual([delivery!.id, delivery!.attempt], ['long', 1])
    await delivery!.ack()
  })

  test('a second signal ends it at once', async () => {
    const { jobs, worker, said } = start('twice', '--grace', '1h')
    await jobs.add({ call: 'linger' })
    await said()
    worker.child.kill('SIGTERM')
    await worker.printed('jobs have', 'stderr')
    worker.child.kill('SIGTERM')
    assert.equal((await worker.ended).code, 143)
  })

  test('the endpoint of health says what runs, and the greenlets have the names of the jobs', async () => {
    const { jobs, said, health, stop } = start('seen', '--processes', '2', '--grace', '0')
    await jobs.add({ call: 'linger' }, { id: 'seen-1' })
    const [, , pid] = await said()
    const address = await health()
    const read = async (path: string): Promise<[number, unknown]> => {
      const response = await fetch(address + path)
      return [response.status, await response.json()]
    }
    assert.deepEqual(await read('/live'), [200, { live: true }])
    assert.deepEqual(await read('/ready'), [200, { ready: true }])
    assert.equal((await read('/nothing'))[0], 404)
    const [status, state] = await read('/')
    const { processes, name } = state as { name: string; processes: { pid: number; running: object[] }[] }
    assert.deepEqual([status, name], [200, 'seen'])
    const { running } = processes.find((each) => each.pid === pid)!
    assert.deepEqual(
      running.map((job) => ({ ...job, for: 0 })),
      [{ id: 'seen-1', call: 'linger', attempt: 1, for: 0 }],
    )
    const top = await gvent('top', '--once', '--json', String(pid))
    assert.match(top.stdout, /linger of job seen-1/)
    await stop()
  })

  test('SIGHUP: new processes run the file as it is by then, and the old ones finish what they have', async () => {
    const { jobs, worker, file, said, stop } = start('reload', '--grace', '1h')
    await jobs.add({ call: 'finish' })
    assert.deepEqual(await said(), ['begins'])
    folder.write('reload.mjs', jobsFile('two'))
    assert.ok(file.endsWith('reload.mjs'))
    worker.child.kill('SIGHUP')
    let name: unknown[]
    do {
      await jobs.add({ call: 'greet', args: ['Ada'] })
      name = await said()
    } while (name[2] !== 'two')
    await client.rpush('reload:go', 'go')
    assert.deepEqual(await said(), ['finished', 'one'])
    await worker.printed('has ended', 'stderr')
    const { stderr } = await stop()
    assert.match(stderr, /0 given back|\d+ done\n$/)
  })

  test('when the file is broken at a reload the old processes go on', async () => {
    const { jobs, worker, said, stop } = start('broken')
    await worker.printed('takes jobs', 'stderr')
    folder.write('broken.mjs', 'export function (')
    worker.child.kill('SIGHUP')
    await worker.printed('a new process cannot begin', 'stderr')
    await worker.printed('reload failed', 'stderr')
    await jobs.add({ call: 'greet', args: ['Ada'] })
    assert.deepEqual((await said()).slice(0, 3), ['greet', 'Ada', 'one'])
    assert.equal((await stop()).code, 143)
  })

  test('a process that dies is replaced, and its jobs are done', async () => {
    const { jobs, worker, said, stop } = start('dies', '--lease', '500ms', '--grace', '0')
    await jobs.add({ call: 'linger' }, { id: 'd' })
    const [, , pid] = await said()
    process.kill(pid as number, 'SIGKILL')
    await worker.printed('ended by SIGKILL; another one takes its place', 'stderr')
    const [word, attempt, other] = await said()
    assert.deepEqual([word, attempt], ['linger', 2])
    assert.notEqual(other, pid)
    await stop()
  })

  test('a process that an engine that has gone comes back to goes on', async () => {
    const { jobs, worker, said, stop } = start('gone')
    await worker.printed('takes jobs', 'stderr')
    await server.restart()
    await jobs.add({ call: 'greet', args: ['Ada'] })
    assert.deepEqual((await said()).slice(0, 2), ['greet', 'Ada'])
    await stop()
  })
})
