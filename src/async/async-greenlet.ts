import { GreenletExit } from '../scheduler/checks/errors.js'
import { Greenlet } from '../scheduler/greenlets/greenlet.js'
import { readKill, type Kill } from '../scheduler/greenlets/kill-options.js'
import { Operation } from '../scheduler/kernel/operation.js'
import type { Wait } from '../scheduler/kernel/wait.js'
import { callOf, type Call } from './calls/call.js'
import { custodyOf } from './kill/custody.js'
import { whenEnded } from './kill/when-ended.js'
import { describeCall, nameOfCall } from './reports/call-text.js'

/** The end of a call, without a look at its promise. */
class EndOfCall<T> extends Operation<T> {
  private wait: Wait<T> | null = null
  private outcome: { value: unknown; failed: boolean } | null = null

  constructor(readonly call: Call) {
    super()
    whenEnded(call, (value, failed) => {
      this.outcome = { value, failed }
      if (this.wait !== null) this.beginWait(this.wait)
    })
  }

  // Begun a second time when the call has ended.
  beginWait(wait: Wait<T>): void {
    this.wait = wait
    if (this.outcome === null) return
    const { value, failed } = this.outcome
    if (failed) wait.reject(value)
    else wait.resolve(value as T)
  }

  cancelWait(): void {
    this.wait = null
  }

  override interruptWait(_wait: Wait<T>, error: unknown): boolean {
    custodyOf(this.call).interrupt(error)
    return true
  }

  override isExternal(): boolean {
    return this.call.scheduler === null
  }

  override describe(): string {
    return describeCall(this.call)
  }
}

/** The face that a call of an async function has as a greenlet: it is made on request. */
class AsyncGreenlet<T> extends Greenlet<T> {
  readonly #call: Call

  constructor(call: Call) {
    const end = new EndOfCall<T>(call)
    super(() => end)
    this.#call = call
    this.name = nameOfCall(call)
    // A failure is the affair of those who have the promise, and of the platform.
    this.observe()
  }

  override kill(...kill: Kill): Operation<boolean> {
    const { error, grace, limits } = readKill(kill)
    custodyOf(this.#call).interrupt(error ?? new GreenletExit(), grace)
    return this.join(limits)
  }
}

const greenlets = new WeakMap<Call, Greenlet>()

/**
 * The greenlet behind the promise of a compiled async function: to kill it, to wait for its end, to name it in a
 * report.
 *
 * ```ts
 * const download = save(url)            // an ordinary async function
 * greenletOf(download)?.kill()          // raises GreenletExit at its `await`; its `finally` runs
 * ```
 *
 * A kill takes along the calls that the killed one made itself and awaits, innermost first. Who awaits the promise gets
 * a `KilledError`.
 *
 * @param promise what a compiled async function returned, or `next()` of a compiled async generator.
 * @returns `undefined` for any other promise, and for that of a call that is over.
 */
export function greenletOf<T>(promise: PromiseLike<T>): Greenlet<T> | undefined {
  const call = callOf(promise)
  if (call === undefined || call.over) return undefined
  let greenlet = greenlets.get(call)
  if (greenlet === undefined) {
    greenlet = new AsyncGreenlet(call).start()
    greenlets.set(call, greenlet)
  }
  return greenlet as Greenlet<T>
}
