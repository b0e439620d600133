import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a process needs beside its connections. */
const OWN = 200
/** What the kernel lets no process exceed, unless it says otherwise. */
const MOST = 1_048_576

/** How a command is started that opens `wanted` descriptors, and how many connections it may have then. */
export interface Descriptors {
  /** What comes before the command. */
  readonly prefix: readonly string[]
  readonly connections: number
}

/** Raises the limit of descriptors for a command as far as it is wanted and this user may. */
export function raiseDescriptors(wanted: number): Descriptors {
  const needed = wanted + OWN
  const allowed = hardLimit()
  // Node raises its own limit as far as it may.
  if (allowed >= needed) return { prefix: [], connections: wanted }
  const prefix = ['prlimit', `--nofile=${Math.min(needed, MOST)}`]
  if (needed <= MOST && spawnSync(prefix[0]!, [prefix[1]!, 'true']).status === 0) return { prefix, connections: wanted }
  return { prefix: [], connections: allowed - OWN }
}

function hardLimit(): number {
  const [, hard = '1024'] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return hard === 'unlimited' ? MOST : Number(hard)
}
