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

/** What was measured last of each work, by its name, on each release of Node: `24`. All tables and charts are made of it. */
export type Results = Readonly<Record<string, Readonly<Record<string, Measurement>>>>

/** The releases that most programs run on, whose figures come first; the others follow, the newest first. */
const first = ['24', '26']

const file = fileURLToPath(new URL('../../bench/results.json', import.meta.url))

export function readResults(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

/** Puts a work's samples in the place of those that were there. The others stay: a run may measure one work only. */
export function keepMeasurement(work: Work, measurement: Measurement): void {
  writeResults(withMeasurement(readResults(), work, measurement), file)
}

/** The results, with a measurement in the place of the earlier one of that work on that release of Node. */
export function withMeasurement(results: Results, work: Work, measurement: Measurement): Results {
  return { ...results, [work.name]: { ...results[work.name], [releaseOf(measurement)]: measurement } }
}

/** The release of Node on which it was measured, `24`. */
export function releaseOf({ versions }: Measurement): string {
  return /^v?(\d+)/.exec(versions['node']!)![1]!
}

/** The releases of Node on which anything was measured, in the order of the tables. */
export function releasesOf(results: Results): string[] {
  const all = new Set(Object.values(results).flatMap((measurements) => Object.keys(measurements)))
  const others = [...all].filter((release) => !first.includes(release)).toSorted((a, b) => Number(b) - Number(a))
  return [...first.filter((release) => all.has(release)), ...others]
}

/** The measurements of a work, in the order of the tables. */
export function measurementsOf(results: Results, work: string): Measurement[] {
  return releasesOf(results).flatMap((release) => results[work]?.[release] ?? [])
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
