import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Cluster, run, type ClusterOptions, type ClusterStats } from 'gvent'
import { withPlainKill } from '../program.js'
import { gone, isRunning } from '../subprocess/processes.js'

/** A cluster in processes of its own. */
class Program {
  output = ''
  readonly ended: Promise<[code: number | null, signal: string | null]>
  private readonly child: ChildProcess
  private seen = 0

  constructor(kind: string, options: ClusterOptions = { workers: 2 }, ...more: string[]) {
    const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
    const file = fileURLToPath(new URL('./programs/servers.js', import.meta.url))
    const args = [file, kind, JSON.stringify(options), ...more]
    this.child = withPlainKill(spawn(process.execPath, args, { env, stdio: 'pipe' }))
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.child.emit('printed')
      })
    }
    this.ended = once(this.child, 'close') as Promise<[number | null, string | null]>
    void this.ended.then(() => this.child.emit('printed'))
  }

  /** Waits until it prints something that was not seen before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output.slice(this.seen))
      if (found !== null) {
        this.seen += found.index + found[0].length
        return found
      }
      if (this.child.exitCode !== null) throw new Error(`it ended without ${pattern}: ${this.output}`)
      await once(this.child, 'printed')
    }
  }

  async listening(): Promise<number> {
    return Number((await this.printed(/listening (\d+)/))[1])
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Has the primary do something, and gives how it stands then. */
  async tell(command: string): Promise<ClusterStats> {
    this.child.stdin!.write(`${command}\n`)
    return JSON.parse((await this.printed(new RegExp(`${command} done (.*)`)))[1]!) as ClusterStats
  }

  /** Has the primary do something that fails. */
  async fail(command: string, how: RegExp): Promise<void> {
    this.child.stdin!.write(`${command}\n`)
    await this.printed(how)
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.signal(signal)
    return (await this.ended)[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

const pidOf = (text: string) => Number(text.split(' ')[0])

function request(port: number, path = '/', agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: agent ?? false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve(text)).on('error', reject)
    }).on('error', reject)
  })
}

/** The processes that answer, when asked that often. */
async function answering(port: number, times = 8): Promise<Set<number>> {
  const answers = await Promise.all(Array.from({ length: times }, () => request(port)))
  return new Set(answers.map(pidOf))
}

const twoQuickly: ClusterOptions = { workers: 2, grace: 1000, backoff: { initial: 1 } }

test('a server in two processes', async (t: TestContext) => {
  const program = new Program('http', twoQuickly)
  t.after(() => program[Symbol.asyncDispose]())
  const port = await program.listening()

  const ready = async (): Promise<ClusterStats> => {
    for (;;) {
      const stats = await program.tell('stats')
      if (stats.ready === 2 && stats.processes.length === 2) return stats
    }
  }

  await t.test('both answer', async () => {
    assert.equal((await answering(port)).size, 2)
    const { workers, restarts, reloads, processes } = await ready()
    assert.deepEqual([workers, restarts, reloads], [2, 0, 0])
    assert.deepEqual(processes.map(({ number }) => number).sort(), [0, 1])
  })

  await t.test('a reload under load loses no request, on connections of their own and on those kept open', async () => {
    const before = (await ready()).processes.map(({ pid }) => pid!)
    const agents = [new Agent(), new Agent({ keepAlive: true })]
    const pids = new Set<number>()
    let isOver = false
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        for (let times = 0; !isOver || times < 3; times++) {
          pids.add(pidOf(await request(port, index < 2 ? '/slow' : '/', agents[index % 2])))
        }
        return 'ended'
      }),
    )
    const stats = (await Promise.race([program.tell('reload'), load])) as ClusterStats
    isOver = true
    await load
    for (const agent of agents) agent.destroy()
    assert.deepEqual([stats.ready, stats.reloads, stats.restarts, stats.processes.length], [2, 1, 0, 2])
    for (const pid of before) assert.equal(isRunning(pid), false)
    for (const { pid } of stats.processes) assert.ok(!before.includes(pid!))
    assert.ok(pids.size > 2)
  })

  await t.test('SIGHUP reloads', async () => {
    const before = (await ready()).processes.map(({ pid }) => pid!)
    program.signal('SIGHUP')
    for (const pid of before) await run(() => gone(pid))
    while ((await program.tell('stats')).reloads < 2);
    assert.ok(!before.includes([...(await answering(port))][0]!))
  })

  await t.test('a worker that dies is replaced', async () => {
    await assert.rejects(request(port, '/exit'))
    await program.printed(/Cluster: worker . \(pid \d+\) ended with status 7; another one takes its place/)
    // While none is left nobody would listen.
    await ready()
    const [victim] = await answering(port)
    process.kill(victim!, 'SIGKILL')
    await program.printed(new RegExp(`worker . \\(pid ${victim}\\) ended by SIGKILL`))
    assert.equal((await ready()).restarts, 2)
    assert.equal((await answering(port)).size, 2)
  })

  await t.test('one that is told to end by itself finishes first', async () => {
    const slow = Array.from({ length: 4 }, () => request(port, '/slow'))
    const [pid] = await answering(port)
    process.kill(pid!, 'SIGTERM')
    for (const answer of slow) assert.ok(pidOf(await answer) > 0)
    await program.printed(/ended with status 143; another one takes its place/)
    await ready()
  })

  await t.test('a stop lets requests finish, and kills what takes longer than its grace', async () => {
    const pids = await answering(port)
    const slow = request(port, '/slow')
    const stuck = request(port, '/stuck').catch(() => 'broken off')
    // Both have arrived when those that came later were answered by each worker.
    await answering(port)
    assert.equal(await program.end(), 143)
    assert.ok(pids.has(pidOf(await slow)))
    assert.ok(Number.isNaN(pidOf(await stuck)))
    for (const pid of pids) assert.equal(isRunning(pid), false)
  })
})

test('several servers of other kinds; a reload that fails; the workers end with a primary that is killed', async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'socket')
  const program = new Program('others', twoQuickly, path)
  t.after(() => program[Symbol.asyncDispose]())
  const port = await program.listening()
  const pids = await answering(port)
  assert.equal(pids.size, 2)
  const greeters = new Set<number>()
  for (let times = 0; times < 4; times++) {
    const socket = connect(path)
    const [text] = (await once(socket, 'data')) as [Buffer]
    greeters.add(pidOf(text.toString()))
    await once(socket, 'close')
  }
  assert.deepEqual(greeters, pids)
  await writeFile(`${path}.broken`, '')
  await program.fail('reload', /reload failed: worker 0 \(pid \d+\) ended with status 1 before it was ready/)
  program.signal('SIGHUP')
  await program.printed(/Cluster: reload failed, the old workers keep running: worker 0/)
  assert.equal((await program.tell('stats')).reloads, 0)
  assert.deepEqual(await answering(port), pids)
  program.signal('SIGKILL')
  for (const pid of pids) await run(() => gone(pid))
})

test('a main that lasts is killed to stop it, and cleans up', async () => {
  const program = new Program('own', { workers: 1 })
  const pids = await answering(await program.listening(), 2)
  assert.equal(pids.size, 1)
  assert.equal(await program.end('SIGINT'), 130)
  assert.match(program.output, /worker 0 cleaned up/)
})

test('one that does not listen says that it is ready', async () => {
  const program = new Program('jobs', { workers: 1 })
  await program.printed(/listening nowhere/)
  assert.match(program.output, /worker 0 works/)
  assert.equal((await program.tell('stop')).processes.length, 0)
  assert.deepEqual(await program.ended, [0, null])
})

test('a worker that ends before it is ready fails the start, and the others are stopped', async () => {
  const program = new Program('broken')
  assert.deepEqual(await program.ended, [1, null])
  assert.match(program.output, /WorkerError: worker . \(pid \d+\) ended with status 9 before it was ready/)
})

test('so does one that takes too long', async () => {
  const program = new Program('hanging', { workers: 1, startTimeout: 100 })
  assert.deepEqual(await program.ended, [1, null])
  assert.match(program.output, /WorkerError: worker 0 \(pid \d+\) was not ready within 100 ms/)
})

test('with no workers the process does the work itself', async () => {
  const program = new Program('jobs', { workers: 0 })
  await program.printed(/worker 0 works/)
  assert.equal(await program.end(), 143)
})

test('what is no option is refused', () => {
  const main = () => undefined
  assert.throws(() => new Cluster('4' as never, main), /expected { workers: 4 } or a number/)
  assert.throws(() => new Cluster({ workers: -1 }, main), RangeError)
  assert.throws(() => new Cluster({ workers: Infinity }, main), /expected { workers: 4 }/)
  assert.throws(() => new Cluster({ grace: -1 }, main), RangeError)
  assert.throws(() => new Cluster({ reloadSignal: 'HUP' as never }, main), /write 'SIGHUP'/)
  assert.throws(() => new Cluster(2, 5 as never), /expected a function/)
})
