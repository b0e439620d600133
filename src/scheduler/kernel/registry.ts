import type { Greenlet } from '../greenlets/greenlet.js'

/** Knows the greenlets that were started and have not ended. @internal */
export interface Registry {
  add(greenlet: Greenlet): void
  delete(greenlet: Greenlet): void
  /** The youngest first. */
  [Symbol.iterator](): Iterator<Greenlet>
}

/** The usual one: a list whose links are in the greenlets. */
export class StrongRegistry implements Registry {
  private first: Greenlet | null = null

  add(greenlet: Greenlet): void {
    const { first } = this
    greenlet.aliveAfter = first
    if (first !== null) first.aliveBefore = greenlet
    this.first = greenlet
  }

  delete(greenlet: Greenlet): void {
    const { aliveBefore, aliveAfter } = greenlet
    if (aliveBefore === null) this.first = aliveAfter
    else aliveBefore.aliveAfter = aliveAfter
    if (aliveAfter !== null) aliveAfter.aliveBefore = aliveBefore
    greenlet.aliveBefore = greenlet.aliveAfter = null
  }

  *[Symbol.iterator](): Generator<Greenlet> {
    for (let greenlet = this.first; greenlet !== null; greenlet = greenlet.aliveAfter) yield greenlet
  }
}
