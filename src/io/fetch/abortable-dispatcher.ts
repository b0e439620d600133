import type { DispatchHandler, Dispatcher } from '../node/global-dispatcher.js'

/**
 * Sends the requests of one `fetch` through `target`, one after another where they are redirected, and can break off the one
 * that is under way. For that the platform has a signal, whose controller and listeners cost as much as a seventh of a
 * whole fetch.
 * @internal
 */
export class Breaker implements Dispatcher {
  readonly isMockActive: boolean
  private cut: ((reason: Error) => void) | undefined
  private reason: Error | undefined

  constructor(private readonly target: Dispatcher) {
    this.isMockActive = target.isMockActive === true
  }

  dispatch(options: object, handler: DispatchHandler): boolean {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- they are called on the handler
    const { onConnect, onRequestStart } = handler
    if (onConnect !== undefined) {
      handler.onConnect = (abort, context) => {
        onConnect.call(handler, abort, context)
        this.begun(abort)
      }
    }
    if (onRequestStart !== undefined) {
      handler.onRequestStart = (controller, context) => {
        onRequestStart.call(handler, controller, context)
        this.begun((reason) => {
          controller.abort(reason)
        })
      }
    }
    return this.target.dispatch(options, handler)
  }

  /** Breaks it off; one that waits for its connection as soon as it has one. */
  abort(reason: Error): void {
    this.reason = reason
    this.cut?.(reason)
  }

  private begun(abort: (reason: Error) => void): void {
    this.cut = abort
    if (this.reason !== undefined) abort(this.reason)
  }
}
