import { badArgument, outOfRange } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { Gate } from './gate.js'
import { Named, countWaiting } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'

/**
 * Counts what is under way, and lets wait until all of it is done. (Go: `sync.WaitGroup`.)
 *
 * ```ts
 * const group = new WaitGroup()
 * for (const url of urls) {
 *   group.add()
 *   spawn(function* () { try { yield* download(url) } finally { group.done() } })
 * }
 * yield* group.wait()
 * ```
 *
 * Where the greenlets themselves are at hand, `joinAll` or a `scope` is simpler.
 */
export class WaitGroup extends Named {
  private pending = 0
  private readonly gate = new Gate(this, true)

  /** How many are under way. */
  get count(): number {
    return this.pending
  }

  /**
   * Adds to the count, from anywhere. When it comes to 0, all that wait go on.
   *
   * @param delta a whole number; a negative one takes away.
   * @throws RangeError when the count would become negative.
   */
  add(delta: number = 1): void {
    if (!Number.isSafeInteger(delta)) throw notWhole(delta, this)
    if (this.pending + delta < 0) throw this.tooMany(delta)
    this.pending += delta
    if (this.pending === 0) this.gate.open()
    else this.gate.close()
  }

  /** Takes one away from the count, as one thing is done. @throws RangeError when it is 0. */
  done(): void {
    this.add(-1)
  }

  /**
   * Waits until the count is 0; goes on at once when it is.
   *
   * @returns whether it came to 0: `false` when the time is up.
   * Cancel safety: nothing is lost.
   */
  wait(options?: WaitOptions): Operation<boolean> {
    return this.gate.wait(options)
  }

  /** How it stands: for monitoring and tests. */
  stats(): { count: number; waiting: number } {
    return { count: this.pending, waiting: this.gate.line.size }
  }

  /** @internal */
  summary(): string {
    return countWaiting(this.gate.line.size, `${this.pending} under way`)
  }

  private tooMany(delta: number): RangeError {
    const call = delta === -1 ? 'done()' : `add(${delta})`
    return misuse(
      new RangeError(
        `${this.toString()}.${call}: only ${this.pending} are under way, so the count would become negative. ` +
          'Call add() before the greenlet is spawned, and done() once for each add()',
      ),
      'GVENT_NOT_HELD',
    )
  }
}

function notWhole(delta: unknown, group: WaitGroup): TypeError | RangeError {
  const makeError = typeof delta === 'number' ? outOfRange : badArgument
  return makeError(`${group.toString()}.add(delta)`, 'a whole number', delta)
}
