import { setTimeout as pause } from 'node:timers/promises'
import { UNLOADED } from '../io/observing/questions.js'
import type { Snapshot } from '../io/observing/snapshot.js'
import type { Warning } from '../io/observing/warnings.js'
import type { Connection } from './attach/connection.js'

/** A snapshot, and what only one who looks twice can know. Rates are those of this reader alone. */
export interface Reading extends Snapshot {
  readonly rates: {
    /** Greenlets a second. */
    readonly made: number
    readonly ended: number
    /** How much of the time went into garbage collection, from 0 to 1. */
    readonly gc: number
  }
  /** How much of the time the greenlets of a group ran, from 0 to 1, by its key. */
  readonly busy: Record<string, number>
  /** By how much a group has grown in the last ten seconds, by its key. */
  readonly grown: Record<string, number>
}

/** Milliseconds between two samples of what runs. */
const SAMPLING = 10
/** Growth is that over so many milliseconds. */
const WINDOW = 10_000
/** A group that was never smaller than before over so many readings, and has this many more, only grows. */
const READINGS = 10
const GROWTH = 20

/** Looks at a process again and again. */
export class Reader {
  private readonly history: Snapshot[] = []

  constructor(private readonly connection: Connection) {}

  /** Samples for so many milliseconds, and then takes a snapshot. */
  async read(milliseconds: number): Promise<Reading> {
    if (this.history.length === 0) this.history.push(await this.snapshot())
    const end = performance.now() + milliseconds
    while (performance.now() < end) {
      await this.connection.ask('sample')
      await pause(SAMPLING)
    }
    const current = await this.snapshot()
    const last = this.history.at(-1)!
    this.history.push(current)
    while (this.history.length > READINGS && current.time - this.history[1]!.time >= WINDOW) this.history.shift()
    return this.compare(last, current)
  }

  private async snapshot(): Promise<Snapshot> {
    const answer = await this.connection.ask('snapshot')
    if (answer !== UNLOADED) return answer as Snapshot
    await this.connection.ask('load')
    return (await this.connection.ask('snapshot')) as Snapshot
  }

  private compare(last: Snapshot, current: Snapshot): Reading {
    const elapsed = Math.max(1, current.time - last.time)
    const samples = Math.max(1, current.samples - last.samples)
    const before = new Map(last.groups.map(({ key, samples: count }) => [key, count]))
    const first = new Map(this.history[0]!.groups.map(({ key, alive }) => [key, alive]))
    return {
      ...current,
      warnings: [...current.warnings, ...longRuns(current), ...this.growth(current)],
      rates: {
        made: ((current.counts.made - last.counts.made) * 1000) / elapsed,
        ended: ((current.counts.ended - last.counts.ended) * 1000) / elapsed,
        gc: Math.min(1, (current.load.collected - last.load.collected) / elapsed),
      },
      busy: Object.fromEntries(
        current.groups.map(({ key, samples: count }) => [key, (count - (before.get(key) ?? 0)) / samples]),
      ),
      grown: Object.fromEntries(current.groups.map(({ key, alive }) => [key, alive - (first.get(key) ?? 0)])),
    }
  }

  // A group that shrinks once, be it by one, is no leak: a load that rises ends some of its greenlets meanwhile.
  private growth(current: Snapshot): Warning[] {
    const recent = this.history.slice(-READINGS)
    if (recent.length < READINGS) return []
    return current.groups.flatMap(({ key, name, alive, place }): Warning[] => {
      const counts = recent.map(({ groups }) => groups.find((group) => group.key === key)?.alive ?? 0)
      const more = alive - counts[0]!
      if (more < GROWTH || counts.some((count, index) => index > 0 && count < counts[index - 1]!)) return []
      const seconds = ((current.time - recent[0]!.time) / 1000).toFixed(0)
      const where = place === '' ? '' : `   (${place})`
      return [
        {
          code: 'GVENT_GROUP_GROWS',
          text: `${name} only grows: ${alive} alive, ${more} more in ${seconds} s${where}`,
          ids: [],
        },
      ]
    })
  }
}

function longRuns({ longRuns: runs }: Snapshot): Warning[] {
  return runs.slice(-3).map(({ id, name, milliseconds, running }) => ({
    code: 'GVENT_RAN_LONG',
    text: `${name} #${id} ${running ? 'has been running' : 'ran'} for ${milliseconds} ms without waiting`,
    ids: [id],
  }))
}
