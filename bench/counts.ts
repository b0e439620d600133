import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { commandOf, isLocal, type Runtimes } from './commands.js'
import { elapsedTime } from './gauges.js'
import type { Work } from './work.js'

/** Valgrind makes a program fifty times slower, so a round is kept small. */
const mostOperations = 200_000

/**
 * Prints the instructions that gvent executes for one operation of each work, as valgrind counts them. Time varies
 * with what else the machine does; instructions hardly do (by about one in a hundred), so that a small change of the
 * kernel shows. Only works that take time are counted.
 */
export async function printCounts(works: readonly Work[], runtimes: Runtimes): Promise<void> {
  for (const work of works.filter(isLocal).filter(({ gauge, flags }) => gauge === elapsedTime && !flags)) {
    for (const peer of work.peers.filter(({ name }) => name.startsWith('gvent'))) {
      const operations = Math.min(work.operations, mostOperations)
      // Two runs that differ in the number of rounds alone: starting Node and compiling cancel each other out.
      const few = await instructions(
        commandOf(work, peer, runtimes, { operations, warmups: 2, rounds: 1, clock: 'wall' }),
      )
      const many = await instructions(
        commandOf(work, peer, runtimes, { operations, warmups: 2, rounds: 4, clock: 'wall' }),
      )
      const each = (many - few) / (3 * operations)
      console.log(`${work.name.padEnd(10)} ${peer.name.padEnd(28)} ${each.toFixed(0).padStart(6)} instructions`)
    }
  }
}

async function instructions([node, ...parameters]: string[]): Promise<number> {
  // Helper threads run when they like, and with them what the compiler and the collector do; with one thread it is
  // the same in every run.
  const measured = ['--tool=callgrind', '--callgrind-out-file=/dev/null', node!, '--single-threaded', ...parameters]
  const environment = { ...process.env, NODE_ENV: 'production' }
  const { stderr } = await promisify(execFile)('valgrind', measured, { env: environment }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error('valgrind is not here: apt-get install valgrind')
  })
  const collected = /Collected : (\d+)/.exec(stderr)
  if (!collected) throw new Error(`valgrind told no count: ${stderr}`)
  return Number(collected[1])
}
