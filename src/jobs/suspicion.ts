import { Event, type Operation } from '../scheduler/index.js'

/**
 * The jobs of a worker that may be what killed the workers before it: those that were delivered more often than they may be
 * tried. One of them at a time is begun, after the others were handed back, which must not be taken for it.
 *
 * @internal
 */
export class Suspicion {
  suspect: object | undefined
  private readonly others = new Set<object>()
  private readonly areGone = new Event()

  /** Called before any job of its batch begins. */
  admit(run: object): void {
    if (this.suspect === undefined) this.suspect = run
    else this.others.add(run)
    this.areGone.clear()
    this.announce()
  }

  leave(run: object): void {
    if (this.suspect === run) this.suspect = undefined
    else if (this.others.delete(run)) this.announce()
  }

  othersGone(): Operation<unknown> {
    return this.areGone.wait()
  }

  private announce(): void {
    if (this.others.size === 0) this.areGone.set()
  }
}
