import { diagnosis } from '../../checks/diagnosis.js'
import { show } from '../../checks/show.js'
import type { Host } from '../host.js'
import type { Greenlet, Runnable } from '../runnable.js'

/** The reports of a hub: of errors that ended a greenlet and that nobody observed, and of those that concern no greenlet. @internal */
export abstract class FailureReports {
  /**
   * Handles an error that ended a greenlet and that no one observed. Replace it to log in your own way:
   *
   * ```ts
   * hub.onError = (error, greenlet) => Sentry.captureException(error, { tags: { greenlet: greenlet.name } })
   * ```
   *
   * The default hands it to those who listen for `unhandledRejection` in Node, as test runners and Sentry do, and to
   * the listeners for `error` in a browser. Where nothing listens, or they do not prevent it in a browser, it prints
   * the error, the greenlet's name and where it was spawned. In any case the exit status becomes a failure.
   */
  onError: (error: unknown, greenlet: Greenlet) => void = (error, greenlet) => {
    this.reportError(error, greenlet)
  }
  private failed: Runnable[] = []

  /** The platform under the hub. @internal */
  abstract get platform(): Host

  /** Notes an error that ended a greenlet: it is reported in the next turn unless somebody observes it. @internal */
  noteFailure(greenlet: Runnable): void {
    if (this.failed.push(greenlet) === 1) this.platform.later(this.reportFailures)
  }

  private readonly reportFailures = (): void => {
    const { failed } = this
    this.failed = []
    for (const greenlet of failed) {
      const failure = greenlet.failure!
      if (failure.observers > 0) continue
      failure.observers = Infinity
      try {
        this.onError(failure.error, greenlet as Greenlet)
      } catch (error) {
        this.reportError(failure.error, greenlet)
        this.raise('hub.onError itself failed', error)
      }
    }
  }

  private reportError(error: unknown, greenlet: Runnable): void {
    if (!this.platform.raiseUnobserved(error)) {
      const spawned = greenlet.spawnedAt === '' ? '' : `\n  spawned\n${greenlet.spawnedAt}`
      this.platform.report(`${greenlet.toString()} ended with an error:\n${this.inspect(error)}${spawned}`)
    }
    this.platform.markFailed(error)
  }

  /** Reports an error that concerns no greenlet, like an unobserved one. @internal */
  raise(what: string, error: unknown): void {
    if (this.platform.raiseUnobserved(new Error(what, { cause: error }))) this.platform.markFailed(error)
    else this.reportFailure(what, error)
  }

  /** Reports an error after which everything goes on, but which makes the exit status a failure. @internal */
  reportFailure(what: string, error: unknown): void {
    this.report(what, error)
    this.platform.markFailed(error)
  }

  /** Reports an error that is being dealt with: it is no failure of the program. @internal */
  report(what: string, error: unknown): void {
    this.platform.report(`${what}:\n${this.inspect(error)}`)
  }

  // Rendering runs code of the value's own, and a report must not be lost to that.
  private inspect(value: unknown): string {
    try {
      return diagnosis.render(this.platform.inspect(value), value)
    } catch {
      return `${show(value)}, which cannot be shown: rendering it raises an error`
    }
  }
}
