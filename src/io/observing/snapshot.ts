import { threadId } from 'node:worker_threads'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { thread as Thread } from '../../scheduler/kernel/thread.js'
import { hideKnownSecrets } from '../diagnostics/hide-secrets.js'
import { Descriptions, groupGreenlets, placeOf, type GreenletGroup } from './groups.js'
import { graphOf, type Graph } from './graph.js'
import type { Load, LoadMeter } from './load.js'
import type { LongRun, Sampler } from './sampler.js'
import { thingsOf, type Thing } from './things.js'
import { warningsOf, type Warning } from './warnings.js'

/** One greenlet in a table. */
export interface Row {
  readonly id: number
  readonly name: string
  readonly state: string
  /** What it waits for; empty when it does not. */
  readonly waitsFor: string
  /** For how long, in milliseconds. */
  readonly waited: number
  readonly place: string
  /** The id of its parent, 0 without one. */
  readonly parent: number
}

/** How a thread stands at one moment. Numbers that count events go on counting; rates are for the reader. */
export interface Snapshot {
  readonly protocol: 1
  readonly pid: number
  readonly thread: number
  readonly node: string
  readonly title: string
  /** Seconds since the process was started. */
  readonly up: number
  /** The time of the snapshot, in milliseconds of the hub's clock. */
  readonly time: number
  readonly counts: {
    readonly made: number
    readonly ended: number
    readonly alive: number
    readonly ready: number
    readonly timers: number
    readonly outside: number
  }
  readonly load: Load
  /** How often it was asked which greenlet runs. */
  readonly samples: number
  readonly warnings: Warning[]
  /** The largest groups. */
  readonly groups: GreenletGroup[]
  /** Those that have waited longest. */
  readonly longest: Row[]
  /** Those that were seen running most often. */
  readonly busiest: { readonly id: number; readonly name: string; readonly samples: number }[]
  readonly longRuns: LongRun[]
  readonly graph: Graph
  readonly things: Thing[]
}

const SHOWN_GROUPS = 200
const SHOWN_GREENLETS = 100

/** Looks at everything once. It changes nothing, so it may be taken in the midst of anything. */
export function takeSnapshot(thread: typeof Thread, sampler: Sampler, meter: LoadMeter): Snapshot {
  const { hub } = thread
  const now = hub.now()
  const greenlets = hub.greenlets()
  const descriptions = new Descriptions()
  const graph = graphOf(greenlets, now, descriptions)
  const { made, ended, alive, timers, outside } = hub.stats()
  const snapshot: Snapshot = {
    protocol: 1,
    pid: process.pid,
    thread: threadId,
    node: process.versions.node,
    title: process.argv[1] ?? process.title,
    up: Math.round(process.uptime()),
    time: now,
    counts: { made, ended, alive, timers, outside, ready: greenlets.filter(({ state }) => state === 'ready').length },
    load: meter.read(),
    samples: sampler.total,
    warnings: warningsOf(greenlets, graph, now, descriptions),
    groups: groupGreenlets(greenlets, now, sampler.byGroup, descriptions).slice(0, SHOWN_GROUPS),
    longest: longestWaits(greenlets).map((greenlet) => rowOf(greenlet, now, descriptions)),
    busiest: Array.from(sampler.byGreenlet, ([id, { name, count }]) => ({ id, name, samples: count }))
      .sort((one, other) => other.samples - one.samples)
      .slice(0, SHOWN_GREENLETS),
    longRuns: sampler.longRuns,
    graph,
    things: thingsOf(greenlets),
  }
  return withoutSecrets(snapshot)
}

/** Hides secrets in every text, and nowhere else: text by text, since a rule may reach beyond a quotation mark. */
export function withoutSecrets<T>(value: T): T {
  if (typeof value === 'string') return hideKnownSecrets(value) as T
  if (Array.isArray(value)) return value.map(withoutSecrets) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutSecrets<unknown>(each)])) as T
}

/** One line of the table of greenlets. */
export function rowOf(greenlet: Greenlet, now: number, descriptions: Descriptions): Row {
  const { id, name, state, wait, parent } = greenlet
  const isWaiting = state === 'waiting' && wait !== null
  return {
    id,
    name,
    state,
    waitsFor: isWaiting ? descriptions.of(wait.operation) : '',
    waited: isWaiting ? Math.round(now - wait.since) : 0,
    place: placeOf(greenlet),
    parent: parent?.id ?? 0,
  }
}

// Sorting 100,000 takes longer than all the rest: those that are younger than the shortest of the list never get in.
function longestWaits(greenlets: readonly Greenlet[]): Greenlet[] {
  let longest: Greenlet[] = []
  let bound = Infinity
  for (const greenlet of greenlets) {
    const { wait } = greenlet
    if (greenlet.state !== 'waiting' || wait === null || wait.since >= bound) continue
    longest.push(greenlet)
    if (longest.length < SHOWN_GREENLETS * 2) continue
    longest = sortedBySince(longest)
    bound = longest.at(-1)!.wait!.since
  }
  return sortedBySince(longest)
}

function sortedBySince(greenlets: Greenlet[]): Greenlet[] {
  return greenlets.sort((one, other) => one.wait!.since - other.wait!.since).slice(0, SHOWN_GREENLETS)
}
