import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Peer, Work } from './work.js'

/** A language whose programs can be run here, or the reason why not. */
export type Runtime = { readonly version: string; readonly command: readonly string[] } | { readonly missing: string }

export interface Runtimes {
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

/** Finds the runtimes and compiles what has to be compiled. */
export function findRuntimes(node: string): Runtimes {
  return { node: { version: output(node, ['--version']), command: [node] }, go: findGo(), python: findPython() }
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
  const runtime = runtimeOf(peer, runtimes)
  if ('missing' in runtime) throw new Error(runtime.missing)
  if ('language' in peer) return [...runtime.command, peer.work, ...how]
  return [...runtime.command, ...(work.flags ?? []), join(here, 'sample.js'), work.name, peer.name, ...how]
}

export function runtimeOf(peer: Peer, runtimes: Runtimes): Runtime {
  return runtimes['language' in peer ? peer.language : 'node']
}

function findGo(): Runtime {
  try {
    const version = output('go', ['env', 'GOVERSION'])
    const folder = mkdtempSync(join(tmpdir(), 'gvent-bench-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const program = join(folder, 'bench')
    execFileSync('go', ['build', '-o', program, '.'], { cwd: join(here, 'go'), stdio: ['ignore', 'ignore', 'inherit'] })
    return { version, command: [program] }
  } catch {
    return { missing: 'Go is not here: apt-get install golang-go' }
  }
}

function findPython(): Runtime {
  // Debian's package serves Debian's Python, which another one may hide.
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const version = output(python, ['-c', 'import gevent; print(gevent.__version__)'])
      return { version, command: [python, join(here, 'python', 'bench.py')] }
    } catch {
      continue
    }
  }
  return { missing: 'gevent is not here: apt-get install python3-gevent' }
}

function output(file: string, parameters: string[]): string {
  return execFileSync(file, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
