import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isLocal } from '../commands.js'
import { elapsedTime } from '../gauges.js'
import { median } from '../statistics.js'
import type { LocalWork, Peer, Work } from '../work.js'

/** For each work and program of gvent, as `work: program`, the instructions that one operation takes. */
export type Counts = Readonly<Record<string, number>>

/** Valgrind makes a program fifty times slower, so a round is kept small. */
export const mostOperations = 25_000
export const rounds = 5
/** What a counted process calls between rounds, and valgrind watches for: nothing else in it does. */
const marker = 'uv_os_getpriority'

/**
 * Counts with valgrind the instructions that gvent executes for one operation of each work. Time varies with what else
 * the machine does; instructions hardly do, so that a small change of the kernel shows. Works that are measured by
 * anything but time are left out.
 */
export async function countInstructions(works: readonly Work[], node: string): Promise<Counts> {
  const waiting = works.filter(isLocal).filter(({ gauge, flags }) => gauge === elapsedTime && !flags)
  const counted = new Map<LocalWork, Counts>()
  const worker = async (): Promise<void> => {
    for (let work = waiting.shift(); work; work = waiting.shift()) counted.set(work, await countWork(work, node))
  }
  const order = [...waiting]
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return Object.assign({}, ...order.map((work) => counted.get(work)!)) as Counts
}

/** The programs of a work that are counted: those of gvent with which others are compared. */
export function countedPeers({ peers }: LocalWork): Peer[] {
  return peers.filter(({ name, dividend }) => {
    // What a chain of native yield* costs, the engine spends.
    return name.startsWith('gvent') && dividend === undefined && !name.includes('yield*')
  })
}

async function countWork(work: LocalWork, node: string): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-counts-'))
  try {
    const file = fileURLToPath(new URL('counting.js', import.meta.url))
    const options = ['--tool=callgrind', `--dump-before=${marker}`, `--callgrind-out-file=${join(folder, 'dump')}`]
    // Helper threads run when they like, and with them what the compiler and the collector do; the order in a hash table
    // depends on its seed. With one thread and one seed it is the same in every run.
    const flags = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1', '--expose-gc']
    // The young generation grows by what survives in it, the old one by how long its collections took, and each step
    // moves all later collections. With one size the young is full at the same places, and the old never.
    flags.push('--min-semi-space-size=1', '--max-semi-space-size=1', '--initial-old-space-size=2048')
    const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' }
    await promisify(execFile)('valgrind', [...options, node, ...flags, file, work.name], { env })
    const dumps = await readDumps(folder)
    const peers = countedPeers(work)
    if (dumps.length !== peers.length * 2 * rounds) throw new Error(`valgrind counted ${dumps.length} times`)
    const operations = Math.min(work.operations, mostOperations)
    return Object.fromEntries(
      peers.map(({ name }, index) => {
        // Every other is what was between two rounds.
        const own = dumps.slice(index * 2 * rounds, (index + 1) * 2 * rounds).filter((_, half) => half % 2 === 1)
        return [`${work.name}: ${name}`, Math.round(median(own) / operations)]
      }),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error('valgrind is not here: apt-get install valgrind', { cause: error })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The instructions from each call of the marker to the next. The last dump, at the end of the process, has no number. */
async function readDumps(folder: string): Promise<number[]> {
  const numbers = (await readdir(folder)).map((name) => Number(/^dump\.(\d+)$/.exec(name)?.[1])).filter(Boolean)
  return Promise.all(
    numbers
      .toSorted((a, b) => a - b)
      .map(async (number) => {
        const text = await readFile(join(folder, `dump.${number}`), 'utf8')
        return Number(/^(?:summary|totals): (\d+)/m.exec(text)![1])
      }),
  )
}
