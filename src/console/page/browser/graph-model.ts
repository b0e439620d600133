import type { Blocker, Cycle, Graph } from '../../../io/observing/graph.js'
import { count, duration } from './wording.js'

/** Somebody in the graph: one greenlet for whom others wait, or a bundle of those who wait. */
export interface Knot {
  /** The id of the greenlet; 0 for a bundle. */
  readonly id: number
  readonly title: string
  /** The thing that it waits for itself. */
  readonly note: string
  readonly waiters: Strand[]
}

/** Greenlets that wait for another, and the thing they wait for. */
export interface Strand {
  readonly label: string
  readonly knot: Knot
}

/**
 * A connected part of the graph: a tree below one who waits for nothing, or a circle and those who wait for its
 * members.
 */
export type Component =
  | { readonly kind: 'tree'; readonly root: Knot }
  | { readonly kind: 'circle'; readonly members: readonly (Knot & { readonly waitsFor: string })[] }

/** How many bundles that wait for one are listed; the others are summed up. */
const SHOWN_BUNDLES = 5

/** Sorts the graph into components, circles first. */
export function componentsOf({ blockers, cycles }: Graph): Component[] {
  const byId = new Map<number, Blocker[]>()
  for (const blocker of blockers) {
    const held = byId.get(blocker.id)
    if (held === undefined) byId.set(blocker.id, [blocker])
    else held.push(blocker)
  }
  const inCircle = new Map<number, Cycle>()
  for (const cycle of cycles) for (const { id } of cycle) inCircle.set(id, cycle)
  // One who waits for a member of its own circle stands in the circle, and not below.
  const isBelow = (id: number, holder: number): boolean =>
    byId.get(id)?.[0]?.dependsOn === holder && (!inCircle.has(id) || inCircle.get(id) !== inCircle.get(holder))

  const knotOf = (id: number, name: string, note: string): Knot => {
    const waiters: Strand[] = []
    for (const held of byId.get(id) ?? []) {
      const single = Array.from(byId.keys()).filter(
        (each) => isBelow(each, id) && waitsForThat(byId.get(each)![0]!, held),
      )
      for (const each of single) {
        const [first] = byId.get(each)!
        waiters.push({ label: held.subject, knot: knotOf(each, first!.name, noteOf(first!)) })
      }
      const apart = [...single, ...(inCircle.get(id) ?? []).map((member) => member.id)]
      waiters.push(
        ...bundles(
          held,
          apart.flatMap((each) => byId.get(each)?.slice(0, 1) ?? []),
        ),
      )
    }
    return { id, title: `${name} #${id}`, note, waiters }
  }

  const circles = cycles.map((cycle): Component => ({
    kind: 'circle',
    members: cycle.map(({ id, name, waitsFor }) => ({ ...knotOf(id, name, ''), waitsFor })),
  }))
  const trees = Array.from(byId, ([id, [first]]) => ({ id, first: first! }))
    .filter(({ id, first }) => !inCircle.has(id) && !byId.has(first.dependsOn))
    .map(({ id, first }): Component => ({ kind: 'tree', root: knotOf(id, first.name, noteOf(first)) }))
  return [...circles, ...trees]
}

function waitsForThat(waiter: Blocker, held: Blocker): boolean {
  return waiter.waitsFor === held.subject || waiter.waitsFor.startsWith(`${held.subject}.`)
}

function noteOf({ waitsFor, waited }: Blocker): string {
  return waitsFor === '' ? 'runs' : `${waitsFor} · ${duration(waited)}`
}

function bundles({ groups, subject, oldest }: Blocker, apart: readonly Blocker[]): Strand[] {
  const left = groups
    .map(([name, number]) => ({ name, number: number - apart.filter(({ group }) => group === name).length }))
    .filter(({ number }) => number > 0)
  const strands = left.slice(0, SHOWN_BUNDLES).map(({ name, number }, index): Strand => ({
    label: subject,
    knot: {
      id: 0,
      title: number === 1 ? name : `${name} × ${count(number)}`,
      note: index === 0 ? `the first for ${duration(oldest)}` : '',
      waiters: [],
    },
  }))
  const others = left.slice(SHOWN_BUNDLES).reduce((sum, { number }) => sum + number, 0)
  if (others > 0) {
    strands.push({ label: subject, knot: { id: 0, title: `${count(others)} others`, note: '', waiters: [] } })
  }
  return strands
}
