import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'

/** A lock, a queue, a server: something that greenlets wait for, and how it stands. */
export interface Thing {
  /** A number that no other thing of the thread has. */
  readonly id: number
  /** Its class. */
  readonly kind: string
  /** Its name, as in reports. */
  readonly name: string
  /** How many wait for it. */
  readonly waiting: number
  /** The result of its `stats()`. */
  readonly stats: Record<string, string | number | boolean>
}

/** So many things are shown, those first for which most wait. */
const SHOWN_THINGS = 100

const ids = new WeakMap<object, number>()
let lastId = 0

function idOf(thing: object): number {
  let id = ids.get(thing)
  if (id === undefined) ids.set(thing, (id = ++lastId))
  return id
}

/** Finds the things that greenlets wait for. */
export class ThingFinder {
  private readonly waiting: Map<object, number>

  /** @param known others, for which nobody may wait. */
  constructor(known: Iterable<object> = []) {
    this.waiting = new Map(Array.from(known, (thing) => [thing, 0]))
  }

  add({ wait }: Greenlet): void {
    const subject = wait?.operation.subject?.()
    if (subject !== undefined) this.waiting.set(subject, (this.waiting.get(subject) ?? 0) + 1)
  }

  finish(): Thing[] {
    return Array.from(this.waiting)
      .sort((one, other) => other[1] - one[1])
      .slice(0, SHOWN_THINGS)
      .map(([thing, waiting]) => ({
        id: idOf(thing),
        kind: thing.constructor.name,
        name: nameOfThing(thing),
        waiting,
        stats: statsOf(thing),
      }))
  }
}

/** Returns the name of a thing: `Lock "accounts"`. */
export function nameOfThing(subject: object): string {
  // Each has a `toString` of its own.
  // eslint-disable-next-line @typescript-eslint/no-base-to-string
  return String(subject)
}

function statsOf(subject: object): Thing['stats'] {
  const { stats } = subject as { stats?: unknown }
  if (typeof stats !== 'function') return {}
  try {
    return plain(stats.call(subject) as object)
  } catch {
    // Somebody's own class; what it says of itself is not worth an end of the report.
    return {}
  }
}

function plain(values: object): Thing['stats'] {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'number' || typeof value === 'boolean' ? value : String(value),
      ]),
  )
}
