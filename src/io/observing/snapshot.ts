import { threadId } from 'node:worker_threads'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { lost } from '../../scheduler/reports/lost-greenlets.js'
import type { thread as Thread } from '../../scheduler/kernel/thread.js'
import { knownSecretsHider } from '../diagnostics/hide-secrets.js'
import { Descriptions, GroupSorter, placeOf, type GreenletGroup } from './groups.js'
import { GraphFinder, type Graph } from './graph.js'
import type { QueueFinder } from './events/queue-finder.js'
import type { Load, LoadMeter } from './load.js'
import type { LongRun, Sampler } from './sampler.js'
import { eachAlive, type Steps } from './slices.js'
import { ThingFinder, type Thing } from './things.js'
import { SwallowedKills, lostWarnings, warningsOf, type Warning } from './warnings.js'

/** One greenlet in a table. */
export interface Row {
  readonly id: number
  readonly name: string
  readonly state: string
  /** The thing that it waits for; empty when it does not. */
  readonly waitsFor: string
  /** For how long, in milliseconds. */
  readonly waited: number
  readonly place: string
  /** The id of its parent, 0 without one. */
  readonly parent: number
}

/** One that was seen running. */
export interface Busy extends Row {
  /** The key of its group. */
  readonly group: string
  /** How often it was seen. */
  readonly samples: number
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
  /** The greenlets that have waited longest. */
  readonly longest: Row[]
  /** The greenlets that were seen running most often. */
  readonly busiest: Busy[]
  readonly longRuns: LongRun[]
  readonly graph: Graph
  readonly things: Thing[]
}

const SHOWN_GROUPS = 200
const SHOWN_GREENLETS = 100

/** Looks at everything once. It changes nothing, so it may be done in the midst of anything. */
export function* snapshotSteps(
  thread: typeof Thread,
  sampler: Sampler,
  meter: LoadMeter,
  queues: QueueFinder,
): Steps<Snapshot> {
  const { hub } = thread
  const now = hub.now()
  const descriptions = new Descriptions()
  const graph = new GraphFinder(now, descriptions)
  const groups = new GroupSorter(now, sampler.byGroup, descriptions)
  const things = new ThingFinder(queues.queues())
  const longest = new LongestWaits()
  const kills = new SwallowedKills(now, descriptions)
  const { made, ended, alive, timers, outside } = hub.stats()
  const load = meter.read()
  queues.look()
  const greenlets = hub.greenlets()
  let ready = 0
  yield
  yield* eachAlive(greenlets, (greenlet) => {
    if (greenlet.state === 'ready') ready++
    graph.add(greenlet)
    groups.add(greenlet)
    things.add(greenlet)
    longest.add(greenlet)
    kills.add(greenlet)
  })
  const found = graph.finish()
  yield
  const byId = new Map(busiest(sampler).map((each) => [each.id, each]))
  yield* eachAlive(greenlets, (greenlet) => {
    const each = byId.get(greenlet.id)
    if (each !== undefined) Object.assign(each, rowOf(greenlet, now, descriptions))
  })
  return withoutSecrets({
    protocol: 1,
    pid: process.pid,
    thread: threadId,
    node: process.versions.node,
    title: process.argv[1] ?? process.title,
    up: Math.round(process.uptime()),
    time: now,
    counts: { made, ended, alive, timers, outside, ready },
    load,
    samples: sampler.total,
    warnings: [...warningsOf(found, kills), ...lostWarnings(lost.recent)],
    groups: groups.finish().slice(0, SHOWN_GROUPS),
    longest: longest.finish().map((greenlet) => rowOf(greenlet, now, descriptions)),
    busiest: Array.from(byId.values()),
    longRuns: sampler.longRuns,
    graph: found,
    things: things.finish(),
  })
}

/** The greenlets that were seen running most often; one that has ended has only its name. */
function busiest(sampler: Sampler): Busy[] {
  return Array.from(sampler.byGreenlet, ([id, { name, group, count }]) => ({ id, name, group, samples: count }))
    .sort((one, other) => other.samples - one.samples)
    .slice(0, SHOWN_GREENLETS)
    .map((each) => ({ ...each, state: 'ended', waitsFor: '', waited: 0, place: '', parent: 0 }))
}

/** Hides secrets in every text, and nowhere else: text by text, since a rule may reach beyond a quotation mark. */
export function withoutSecrets<T>(value: T): T {
  const hide = knownSecretsHider()
  const known = new Map<string, string>()
  const visit = (each: unknown): unknown => {
    if (typeof each === 'string') {
      let hidden = known.get(each)
      if (hidden === undefined) known.set(each, (hidden = hide(each)))
      return hidden
    }
    if (Array.isArray(each)) return each.map(visit)
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([name, inner]) => [name, visit(inner)]))
  }
  return visit(value) as T
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
    waited: isWaiting ? Math.max(0, Math.round(now - wait.since)) : 0,
    place: placeOf(greenlet),
    parent: parent?.id ?? 0,
  }
}

/** Finds those that have waited longest. */
class LongestWaits {
  private longest: Greenlet[] = []
  private bound = Infinity

  // Sorting 100,000 takes longer than all the rest: those that are younger than the shortest of the list never get in.
  add(greenlet: Greenlet): void {
    const { wait } = greenlet
    if (greenlet.state !== 'waiting' || wait === null || wait.since >= this.bound) return
    this.longest.push(greenlet)
    if (this.longest.length < SHOWN_GREENLETS * 2) return
    this.longest = this.finish()
    this.bound = this.longest.at(-1)?.wait?.since ?? Infinity
  }

  finish(): Greenlet[] {
    return this.longest
      .filter(({ wait }) => wait !== null)
      .sort((one, other) => one.wait!.since - other.wait!.since)
      .slice(0, SHOWN_GREENLETS)
  }
}
