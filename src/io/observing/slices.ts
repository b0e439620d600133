import { performance } from 'node:perf_hooks'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'

/** Work that may be interrupted wherever it yields. */
export type Steps<T> = Generator<void, T, void>

/** Work on many yields after so many of them: to look at the clock takes longer than one. */
const STRIDE = 16

/** The part of an answer that is there at once. */
export type Begun<T> = { readonly answer: T } | { readonly pending: number }

/** The program stands still for about so many milliseconds at a time. */
const SLICE = 4
/**
 * Work that had no turn of the loop for so many milliseconds waits for one that does not come: the thread is blocked.
 */
const BLOCKED = 250
/** An answer that nobody has asked for in so many milliseconds is forgotten. */
const ABANDONED = 30_000

/** Visits those greenlets that have not ended meanwhile. */
export function* eachAlive(greenlets: readonly Greenlet[], visit: (greenlet: Greenlet) => void): Steps<void> {
  let seen = 0
  for (const greenlet of greenlets) {
    if (++seen % STRIDE === 0) yield
    if (!greenlet.dead) visit(greenlet)
  }
}

interface Work {
  readonly steps: Steps<unknown>
  /** When it last did a slice, in milliseconds. */
  advanced: number
  /** Whether it is in the middle of a step, which a question interrupts. */
  running: boolean
  result: (() => unknown) | undefined
}

/**
 * Does work in slices, with turns of the loop in between, so that a look at 100,000 greenlets does not hold the
 * program up.
 * A thread that is blocked has no turns; its work is done all at once when the answer is asked for.
 */
export class Slices {
  private readonly works = new Map<number, Work>()
  private last = 0

  /** Does the first slice. */
  begin<T>(steps: Steps<T>): Begun<T> {
    this.forgetAbandoned()
    const work: Work = { steps, advanced: 0, running: false, result: undefined }
    const number = ++this.last
    this.works.set(number, work)
    this.advance(work)
    return this.ask(number) as Begun<T>
  }

  /** Asks for what was pending. @throws Error when it is not known, and what the work has thrown. */
  ask(number: number): Begun<unknown> {
    const work = this.works.get(number)
    if (work === undefined) throw new Error(`nothing is pending under ${number}`)
    if (work.result === undefined && !work.running && performance.now() - work.advanced > BLOCKED) {
      this.advance(work, Infinity)
    }
    if (work.result === undefined) return { pending: number }
    this.works.delete(number)
    return { answer: work.result() }
  }

  private advance(work: Work, budget = SLICE): void {
    if (work.result !== undefined || work.running) return
    work.running = true
    try {
      const end = performance.now() + budget
      do {
        const { done, value } = work.steps.next()
        if (done === true) work.result = () => value
      } while (work.result === undefined && performance.now() < end)
    } catch (error) {
      work.result = () => {
        throw error
      }
    }
    work.running = false
    work.advanced = performance.now()
    if (work.result === undefined) setImmediate(() => this.advance(work))
  }

  // The client may be gone.
  private forgetAbandoned(): void {
    const now = performance.now()
    for (const [number, { result, advanced }] of this.works)
      if (result !== undefined && now - advanced >= ABANDONED) this.works.delete(number)
  }
}
