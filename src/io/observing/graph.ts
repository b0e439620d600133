import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { Gathering } from '../../scheduler/waits/gathering.js'
import { codeOf, type Descriptions } from './groups.js'
import { nameOfThing } from './things.js'

/** Somebody for whom others wait. */
export interface Blocker {
  readonly id: number
  readonly name: string
  /** The name of its group. */
  readonly group: string
  /** Somebody for whom it waits itself; 0 for nobody. */
  readonly dependsOn: number
  /** The thing that it waits for itself; empty when it runs or is about to. */
  readonly waitsFor: string
  /** How long it has waited for that, in milliseconds. */
  readonly waited: number
  /** The thing that they wait for and it holds. */
  readonly subject: string
  /** Whether that is a lock, which its holder has to release; otherwise they wait for its end. */
  readonly isLock: boolean
  waiters: number
  /** The groups that they belong to: names of groups, and how many of each. */
  groups: [name: string, count: number][]
  /** How long the first of them has waited, in milliseconds. */
  oldest: number
}

/** Greenlets that wait for one another in a circle, each with what it waits for. */
export type Cycle = readonly { readonly id: number; readonly name: string; readonly waitsFor: string }[]

/** The graph of waits, with those for the same thing bundled. */
export interface Graph {
  readonly blockers: Blocker[]
  readonly cycles: Cycle[]
}

/** So many of those who hold others up are shown, and so many kinds of those who wait for each. */
const SHOWN_BLOCKERS = 12
const SHOWN_WAITERS = 8

/** Finds out who waits for whom. */
export class GraphFinder {
  private readonly held = new Map<Greenlet, Map<string, Blocker>>()
  private readonly groups = new Map<Blocker, Map<string, number>>()
  private readonly cycles: CycleFinder

  constructor(
    private readonly now: number,
    private readonly descriptions: Descriptions,
  ) {
    this.cycles = new CycleFinder(descriptions)
  }

  add(greenlet: Greenlet): void {
    const { wait } = greenlet
    if (wait === null || wait.settled || greenlet.state !== 'waiting' || wait.operation instanceof Gathering) return
    for (const holder of wait.operation.holders()) {
      if (holder.dead) continue
      const blocker = this.blockerOf(holder, wait.operation)
      blocker.waiters++
      blocker.oldest = Math.max(blocker.oldest, Math.round(this.now - wait.since))
      const { name } = codeOf(greenlet)
      const counts = this.groups.get(blocker)!
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    this.cycles.add(greenlet)
  }

  finish(): Graph {
    const shown = Array.from(this.groups.keys())
      .sort((one, other) => Number(other.isLock) - Number(one.isLock) || other.waiters - one.waiters)
      .slice(0, SHOWN_BLOCKERS)
    for (const blocker of shown) {
      blocker.groups = Array.from(this.groups.get(blocker)!)
        .sort((one, other) => other[1] - one[1])
        .slice(0, SHOWN_WAITERS)
    }
    return { blockers: shown, cycles: this.cycles.found }
  }

  private blockerOf(holder: Greenlet, operation: Operation<unknown>): Blocker {
    let held = this.held.get(holder)
    if (held === undefined) this.held.set(holder, (held = new Map<string, Blocker>()))
    const what = this.descriptions.of(operation)
    let blocker = held.get(what)
    if (blocker === undefined) {
      const own = holder.state === 'waiting' ? holder.wait : null
      const subject = operation.subject?.()
      blocker = {
        id: holder.id,
        name: holder.name,
        group: codeOf(holder).name,
        dependsOn: dependsOn(holder)?.id ?? 0,
        waitsFor: own === null ? '' : this.descriptions.of(own.operation),
        waited: own === null ? 0 : Math.round(this.now - own.since),
        subject: subject === undefined ? what : nameOfThing(subject),
        isLock: subject !== undefined,
        waiters: 0,
        groups: [],
        oldest: 0,
      }
      held.set(what, blocker)
      this.groups.set(blocker, new Map())
    }
    return blocker
  }
}

/**
 * Finds those that wait for themselves. It walks from each greenlet to the first that it depends on, and on from there as
 * long as that one waits for a single thing; through each once, and through none for whom nobody waits. A wait for the
 * end of several goes on with the first that has not ended.
 */
class CycleFinder {
  readonly found: Cycle[] = []
  private readonly walked = new Map<Greenlet, number>()
  private walk = 0

  constructor(private readonly descriptions: Descriptions) {}

  add(waiter: Greenlet): void {
    const { walked } = this
    let next = dependsOn(waiter)
    if (next === undefined || walked.has(next)) return
    const walk = ++this.walk
    const path: Greenlet[] = []
    while (next !== undefined && !walked.has(next)) {
      walked.set(next, walk)
      path.push(next)
      next = dependsOn(next)
    }
    if (next === undefined || walked.get(next) !== walk) return
    this.found.push(
      path.slice(path.indexOf(next)).map((greenlet) => ({
        id: greenlet.id,
        name: greenlet.name,
        waitsFor: this.descriptions.of(greenlet.wait!.operation),
      })),
    )
  }
}

function dependsOn({ state, wait }: Greenlet): Greenlet | undefined {
  if (state !== 'waiting' || wait === null || wait.settled || wait.operation instanceof Gathering) return undefined
  for (const holder of wait.operation.holders()) if (!holder.dead) return holder
  return undefined
}
