import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { WorkResult } from './report.js'
import type { Peer, Work } from './work.js'

/** The samples of one work, with all that has to be known to repeat them. */
export interface Measurement {
  readonly date: string
  readonly machine: string
  /** The load of the machine over 1, 5 and 15 minutes, at the beginning. */
  readonly load: string
  readonly versions: Readonly<Record<string, string>>
  readonly clock: 'wall' | 'cpu'
  /** Whether it was a run for a first impression, with fewer rounds. */
  readonly quick: boolean
  /** For each peer that ran, its cost in each turn. */
  readonly samples: Readonly<Record<string, readonly number[]>>
  /** Peers that did not run, with the reason. */
  readonly left: Readonly<Record<string, string>>
}

/** What was measured last of each work, by its name. All tables and charts are made of it. */
export type Results = Readonly<Record<string, Measurement>>

const file = fileURLToPath(new URL('../../bench/results.json', import.meta.url))

export function readResults(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

/** Puts a work's samples in the place of those that were there. The others stay: a run may measure one work only. */
export function keepMeasurement(work: Work, measurement: Measurement): void {
  writeResults({ ...readResults(), [work.name]: measurement }, file)
}

/** Writes results, a line for the samples of a peer, so that a change of them can be read. */
export function writeResults(results: Results, path: string): void {
  const lists = /\[\s*([-\d.,\s]*?)\s*\]/g
  const text = JSON.stringify(results, null, 2).replace(
    lists,
    (_, numbers: string) => `[${numbers.replace(/\s+/g, ' ')}]`,
  )
  writeFileSync(path, `${text}\n`)
}

/** The samples in the terms of the works as they are now: their peers in order, without those that are gone. */
export function resultOf(work: Work, measurement: Measurement): WorkResult {
  const pick = <T>(record: Readonly<Record<string, T>>): Map<Peer, T> =>
    new Map(work.peers.flatMap((peer) => (peer.name in record ? [[peer, record[peer.name]!] as const] : [])))
  return { work, samples: pick(measurement.samples), left: pick(measurement.left) }
}
