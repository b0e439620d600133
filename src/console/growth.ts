import type { Snapshot } from '../io/observing/snapshot.js'
import type { Warning } from '../io/observing/warnings.js'

/** A count that never shrank over so many snapshots, and rose by this many, only grows. */
export const READINGS = 10
const GROWTH = 20

/**
 * Finds groups of greenlets and queues that only grow.
 *
 * @param snapshots the oldest first.
 */
export function growthWarnings(snapshots: readonly Snapshot[]): Warning[] {
  const recent = snapshots.slice(-READINGS)
  if (recent.length < READINGS) return []
  const current = recent.at(-1)!
  const seconds = ((current.time - recent[0]!.time) / 1000).toFixed(0)
  const groups = current.groups.flatMap(({ key, name, alive, place }): Warning[] => {
    const more = growth(recent.map(({ groups: each }) => each.find((group) => group.key === key)?.alive ?? 0))
    const where = place === '' ? '' : `   (${place})`
    const text = `${name} only grows: ${alive} alive, ${more} more in ${seconds} s${where}`
    return more === 0 ? [] : [{ code: 'GVENT_GROUP_GROWS', text, ids: [] }]
  })
  const queues = current.things.flatMap(({ id, name, stats }): Warning[] => {
    const more = growth(recent.map(({ things }) => things.find((thing) => thing.id === id)?.stats['size'] ?? NaN))
    const text = `${name} only grows: ${String(stats['size'])} items, ${more} more in ${seconds} s`
    return more === 0 ? [] : [{ code: 'GVENT_QUEUE_GROWS', text, ids: [] }]
  })
  return [...groups, ...queues]
}

// One that shrinks once, be it by one, is no leak: a load that rises ends some of its greenlets meanwhile, and somebody takes
// from a queue that holds a backlog.
function growth(counts: readonly (string | number | boolean)[]): number {
  for (let index = 1; index < counts.length; index++) if (!(counts[index]! >= counts[index - 1]!)) return 0
  const more = Number(counts.at(-1)) - Number(counts[0])
  return more >= GROWTH ? more : 0
}
