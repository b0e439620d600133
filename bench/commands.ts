import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Exchange } from './serving/exchange.js'
import type { ForeignPeer, LocalWork, Peer, ServerPeer, ServerWork, Work } from './work.js'

/** A language whose programs can be run here, or the reason why not. */
export type Runtime = InstalledRuntime | { readonly missing: string }

interface InstalledRuntime {
  readonly version: string
  /** The program that does works by itself. */
  readonly command: readonly string[]
  /** The program that is a server. */
  readonly server: readonly string[]
}

export interface Runtimes {
  /** The program that puts load on servers. It is a program in Go. */
  readonly load: readonly string[]
  readonly node: Runtime
  readonly go: Runtime
  readonly python: Runtime
}

/** What a sample is asked to do, beyond the work and the peer. */
export interface Amount {
  readonly operations: number
  readonly warmups: number
  readonly rounds: number
  /** Whether time is that on the wall or that of the processor. */
  readonly clock: 'wall' | 'cpu'
}

const here = fileURLToPath(new URL('.', import.meta.url))
/** Milliseconds after which a sample is taken for stuck. */
const sampleLimit = 300_000

/** Finds the runtimes, once for each Node, and compiles what has to be compiled. */
export function findRuntimes(nodes: readonly string[]): Runtimes[] {
  const others = { python: findPython(), ...compileGo() }
  return nodes.map((node) => ({
    node: { version: output(node, ['--version']), command: [node], server: [node] },
    ...others,
  }))
}

/** Runs one sample in a process of its own: the costs of an operation, round by round. */
export async function runSample(work: Work, peer: Peer, runtimes: Runtimes, amount: Amount): Promise<number[]> {
  const [file, ...parameters] = commandOf(work, peer, runtimes, amount)
  const { stdout } = await promisify(execFile)(file!, parameters, {
    timeout: sampleLimit,
    // The libraries check more in development than a server would pay for; Go is given the one core that Node has.
    env: { ...process.env, NODE_ENV: 'production', GOMAXPROCS: '1' },
  })
  return JSON.parse(stdout) as number[]
}

/** The command line of a sample. */
export function commandOf(work: Work, peer: Peer, runtimes: Runtimes, amount: Amount): string[] {
  const how = [amount.operations, amount.warmups, amount.rounds, amount.clock].map(String)
  const runtime = installed(runtimeOf(peer, runtimes))
  if ('load' in work) return exchangeOf(work, peer as ServerPeer | ForeignPeer, runtimes, amount)
  if ('language' in peer) return [...runtime.command, peer.work, ...how]
  return [...runtime.command, ...(work.flags ?? []), join(here, 'sample.js'), work.name, peer.name, ...how]
}

/** Whether `work` is done by a process alone. */
export function isLocal(work: Work): work is LocalWork {
  return !('load' in work)
}

function exchangeOf(work: ServerWork, peer: ServerPeer | ForeignPeer, runtimes: Runtimes, amount: Amount): string[] {
  const { operations, warmups, rounds, clock } = amount
  const runtime = installed(runtimeOf(peer, runtimes))
  if (runtimes.load.length === 0) throw new Error(goIsMissing)
  const serverCommand =
    'language' in peer
      ? [...runtime.server, peer.work]
      : [...runtime.server, ...(work.flags ?? []), join(here, 'serving', 'server.js'), work.name, peer.name]
  const connections = peer.connections ?? work.connections
  const [server, load] = onCoresOfTheirOwn(serverCommand, [
    ...runtimes.load,
    work.load,
    'PORT',
    ...[connections, operations, warmups, rounds].map(String),
  ])
  const exchange: Exchange = { server, load, measure: work.measure, connections, operations, warmups, clock }
  return [process.execPath, join(here, 'serving', 'exchange.js'), JSON.stringify(exchange)]
}

// One core for the server and one for the load, where the system lets us say so.
function onCoresOfTheirOwn(server: string[], load: string[]): [server: string[], load: string[]] {
  try {
    if (availableParallelism() < 2) return [server, load]
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return [
      ['taskset', '-c', '0', ...server],
      ['taskset', '-c', '1', ...load],
    ]
  } catch {
    return [server, load]
  }
}

function installed(runtime: Runtime): InstalledRuntime {
  if ('missing' in runtime) throw new Error(runtime.missing)
  return runtime
}

export function runtimeOf(peer: Peer, runtimes: Runtimes): Runtime {
  return runtimes['language' in peer ? peer.language : 'node']
}

const goIsMissing = 'Go is not here: apt-get install golang-go'

function compileGo(): Pick<Runtimes, 'go' | 'load'> {
  try {
    const version = output('go', ['env', 'GOVERSION'])
    const folder = mkdtempSync(join(tmpdir(), 'gvent-bench-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const source = join(here, 'go')
    execFileSync('go', ['build', '-o', `${folder}/`, './...'], { cwd: source, stdio: ['ignore', 'ignore', 'inherit'] })
    return {
      go: { version, command: [join(folder, 'bench')], server: [join(folder, 'servers')] },
      load: [join(folder, 'load')],
    }
  } catch {
    return { go: { missing: goIsMissing }, load: [] }
  }
}

function findPython(): Runtime {
  // Debian's package serves Debian's Python, which another one may hide.
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const version = output(python, ['-c', 'import gevent; print(gevent.__version__)'])
      const [command, server] = ['bench.py', 'servers.py'].map((file) => [python, join(here, 'python', file)])
      return { version, command: command!, server: server! }
    } catch {
      continue
    }
  }
  return { missing: 'gevent is not here: apt-get install python3-gevent' }
}

function output(file: string, parameters: string[]): string {
  return execFileSync(file, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
