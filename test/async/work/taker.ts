import { spawn } from 'gvent'

/** An async function as work. */
export type Work = (...args: unknown[]) => Promise<unknown>

/** Work that was begun. */
export interface Begun {
  /** What it gives in the end. */
  readonly result: PromiseLike<unknown>
  /** Ends it: gives when it has ended. */
  readonly end: () => PromiseLike<unknown>
}

/** Something that takes work. */
export interface Taker {
  readonly name: string
  /** Gives it the work. */
  readonly begin: (work: Work) => Begun | Promise<Begun>
  /** What the work answers with where 7 would not do, of what it is called with. */
  readonly answer?: (...args: never[]) => unknown
  /** Where an error of the work goes: to who waits for it, or to the reports. */
  readonly errors?: 'raised' | 'reported'
  /** Whether a kill is raised in the work, if that is an async function that can be killed. */
  readonly isKilled?: boolean
  /** Whether it does not wait for the cleanup. */
  readonly cleansLater?: boolean
  /** Whether it holds kills off until the work is done. */
  readonly isShielded?: boolean
}

/** What takes work and gives something to wait for: a greenlet waits for it, and is killed. */
export function operation(
  name: string,
  take: (work: Work) => Generator<unknown, unknown, never> | PromiseLike<unknown>,
  more: Partial<Taker> = {},
): Taker {
  const begin = (work: Work): Begun => {
    const greenlet = spawn(() => take(work))
    return { result: greenlet, end: () => greenlet.kill() }
  }
  return { name, begin, ...more }
}
