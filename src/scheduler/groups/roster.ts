/** How many may leave, beside as many as are in it, before the set is made again. */
const SPARE = 16

/**
 * Things that come and go by the thousand, in the order in which they came: what a `Set` would be, if the engine's
 * collector did not keep what has left it. The engine gives a set a new table whenever enough has left the old one,
 * which has everything that was there at the time, and points to the new one. Once an old table is among the old
 * objects, nearly all that comes later hangs on it, and the collector of young objects copies it twice: a server spent
 * a third of its time so. Sets that are made again do not know of each other.
 * @internal
 */
export class Roster<T> {
  private things = new Set<T>()
  private departures = 0

  /** How many are in it. */
  get size(): number {
    return this.things.size
  }

  /** Whether `thing` is in it. */
  has(thing: T): boolean {
    return this.things.has(thing)
  }

  /** Takes it in. @returns whether it was not in it. */
  add(thing: T): boolean {
    const { things } = this
    const { size } = things
    // One look-up in place of two: a server does this for every request.
    return things.add(thing).size !== size
  }

  /** Lets it go. @returns whether it was in it. */
  delete(thing: T): boolean {
    const { things } = this
    if (!things.delete(thing)) return false
    if (++this.departures > things.size + SPARE) {
      this.departures = 0
      this.things = new Set(things)
    }
    return true
  }

  /** Iterates over its present members, even if members come or go meanwhile. */
  [Symbol.iterator](): IterableIterator<T> {
    return Array.from(this.things).values()
  }
}
