import type { Recording } from './recording.js'
import { EVENT, readEvents } from './ring.js'

/** Up to so many greenlets each has a track; above that each group, and so many of the busiest. */
export const MOST_TRACKS = 500
export const BUSIEST = 100

/** The track of the hub: turns, timers, I/O. */
export const HUB_TRACK = 0
/** The first number of a track of a group: greenlets never get that far. */
const FIRST_GROUP = 2_000_000_000

const STEPS: ReadonlySet<number> = new Set([EVENT.GAVE_WAY, EVENT.WAITED, EVENT.ENDED])

/** Where the slices of a greenlet go. */
export interface Track {
  readonly number: number
  readonly title: string
  /** Whether others are on it, too: then waits overlap, and are no slices. */
  readonly isShared: boolean
}

/** Finds out which tracks a recording has, and who is on which. */
export class Tracks {
  readonly tracks: Map<number, Track> = new Map<number, Track>()
  private readonly identities = new Map<number, { name: string; group: string }>()
  private readonly byGreenlet = new Map<number, Track>()
  private readonly byGroup = new Map<string, Track>()

  constructor(private readonly recording: Recording) {
    const { cells, alive, texts, from } = recording
    const busy = new Map<number, number>()
    for (const { kind, a: id, b, c, t, u } of readEvents(cells)) {
      if (Math.max(t, u) < from) continue
      if (STEPS.has(kind)) busy.set(id, (busy.get(id) ?? 0) + u - t)
      if (kind === EVENT.ENDED) this.identities.set(id, { name: texts[c]!, group: texts[b]! })
      else if (kind === EVENT.WOKEN && !busy.has(b)) busy.set(b, 0)
    }
    for (const { id, name, group } of alive) {
      this.identities.set(id, { name: texts[name]!, group: texts[group]! })
      if (!busy.has(id)) busy.set(id, 0)
    }
    const ids = Array.from(busy.keys())
    const chosen =
      ids.length <= MOST_TRACKS ? ids : ids.sort((one, other) => busy.get(other)! - busy.get(one)!).slice(0, BUSIEST)
    for (const id of chosen.sort((one, other) => one - other)) {
      const track = { number: id, title: this.titleOf(id), isShared: false }
      this.tracks.set(id, track)
      this.byGreenlet.set(id, track)
    }
  }

  /** The track of a greenlet. */
  of(id: number): Track {
    return this.byGreenlet.get(id) ?? this.ofGroup(this.identities.get(id)?.group ?? 'others')
  }

  /** `name #id`. */
  titleOf(id: number): string {
    return `${this.identities.get(id)?.name ?? 'greenlet'} #${id}`
  }

  private ofGroup(key: string): Track {
    let track = this.byGroup.get(key)
    if (track === undefined) {
      const place = this.recording.places.find(([group]) => group === key)?.[1]
      const title = `all ${key.replace(/#\d+$/, '')}${place === undefined ? '' : ` (${place})`}`
      track = { number: FIRST_GROUP + this.byGroup.size, title, isShared: true }
      this.byGroup.set(key, track)
      this.tracks.set(track.number, track)
    }
    return track
  }
}
