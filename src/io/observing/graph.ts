import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { Gathering } from '../../scheduler/waits/gathering.js'
import { codeOf, type Descriptions } from './groups.js'
import { nameOfThing } from './things.js'

/** Somebody for whom others wait. */
export interface Blocker {
  readonly id: number
  readonly name: string
  /** What it waits for itself; empty when it runs or is about to. */
  readonly waitsFor: string
  /** How long it has waited for that, in milliseconds. */
  readonly waited: number
  /** What they wait for that it holds. */
  readonly subject: string
  /** Whether that is a lock, which its holder has to release; otherwise they wait for its end. */
  readonly isLock: boolean
  waiters: number
  /** Who they are: names of groups, and how many of each. */
  groups: [name: string, count: number][]
  /** How long the first of them has waited, in milliseconds. */
  oldest: number
}

/** Greenlets that wait for one another in a circle, each with what it waits for. */
export type Cycle = readonly { readonly id: number; readonly name: string; readonly waitsFor: string }[]

/** Who waits for whom, those that wait for the same bundled. */
export interface Graph {
  readonly blockers: Blocker[]
  readonly cycles: Cycle[]
}

/** So many of those who hold others up are shown. */
const SHOWN_BLOCKERS = 12

/** Finds out who waits for whom. */
export function graphOf(greenlets: readonly Greenlet[], now: number, descriptions: Descriptions): Graph {
  const blockers = new Map<Greenlet, Map<string, Blocker>>()
  const groups = new Map<Blocker, Map<string, number>>()
  for (const greenlet of greenlets) {
    const { wait } = greenlet
    if (wait === null || wait.settled || greenlet.state !== 'waiting' || wait.operation instanceof Gathering) continue
    const { operation } = wait
    for (const holder of operation.holders()) {
      if (holder.dead) continue
      let held = blockers.get(holder)
      if (held === undefined) blockers.set(holder, (held = new Map<string, Blocker>()))
      const what = descriptions.of(operation)
      let blocker = held.get(what)
      if (blocker === undefined) {
        const own = holder.state === 'waiting' ? holder.wait : null
        const subject = operation.subject()
        blocker = {
          id: holder.id,
          name: holder.name,
          waitsFor: own === null ? '' : descriptions.of(own.operation),
          waited: own === null ? 0 : Math.round(now - own.since),
          subject: subject === undefined ? what : nameOfThing(subject),
          isLock: subject !== undefined,
          waiters: 0,
          groups: [],
          oldest: 0,
        }
        held.set(what, blocker)
        groups.set(blocker, new Map())
      }
      blocker.waiters++
      blocker.oldest = Math.max(blocker.oldest, Math.round(now - wait.since))
      const { name } = codeOf(greenlet)
      const counts = groups.get(blocker)!
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  const shown = Array.from(groups.keys())
    .sort((one, other) => Number(other.isLock) - Number(one.isLock) || other.waiters - one.waiters)
    .slice(0, SHOWN_BLOCKERS)
  for (const blocker of shown) {
    blocker.groups = Array.from(groups.get(blocker)!).sort((one, other) => other[1] - one[1])
  }
  return { blockers: shown, cycles: findCycles(greenlets, descriptions) }
}

/**
 * Finds those that wait for themselves. Each greenlet is walked through once: from it to the first that it depends on, as
 * long as that one waits for a single thing. A wait for the end of several goes on with the first that has not ended.
 */
function findCycles(greenlets: readonly Greenlet[], descriptions: Descriptions): Cycle[] {
  const walked = new Map<Greenlet, number>()
  const cycles: Cycle[] = []
  let walk = 0
  for (const start of greenlets) {
    if (walked.has(start)) continue
    walk++
    const path: Greenlet[] = []
    let next: Greenlet | undefined = start
    while (next !== undefined && !walked.has(next)) {
      walked.set(next, walk)
      path.push(next)
      next = dependsOn(next)
    }
    if (next === undefined || walked.get(next) !== walk) continue
    cycles.push(
      path.slice(path.indexOf(next)).map((greenlet) => ({
        id: greenlet.id,
        name: greenlet.name,
        waitsFor: descriptions.of(greenlet.wait!.operation),
      })),
    )
  }
  return cycles
}

function dependsOn({ state, wait }: Greenlet): Greenlet | undefined {
  if (state !== 'waiting' || wait === null || wait.settled || wait.operation instanceof Gathering) return undefined
  for (const holder of wait.operation.holders()) if (!holder.dead) return holder
  return undefined
}
