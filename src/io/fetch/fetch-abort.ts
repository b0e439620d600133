import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events'
import { Breaker } from './abortable-dispatcher.js'
import type { Dispatcher } from '../node/global-dispatcher.js'

// The caller's signal may live for ever, and must not hold all that it could ever have stopped.
const collected = new FinalizationRegistry<Exchange>((exchange) => {
  exchange.end()
})

// One signal may stop a great many requests, and Node up to 22 takes more than ten listeners for a leak. Its own fetch
// raises that limit to the same number.
function listen(signal: AbortSignal, listener: { handleEvent(): void }): void {
  if (signal instanceof EventTarget && getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(1500, signal)
  signal.addEventListener('abort', listener)
}

/**
 * A request and its response on the wire, as far as stopping them goes: when the last one who reads the body gives up,
 * or the caller's signal aborts, the connection goes, and the other end sees it.
 * @internal
 */
export class Exchange {
  /** Whether it was stopped. */
  aborted = false
  /** Why. */
  reason: unknown = undefined
  /** Whether all that will come has come. */
  private over = false
  private readonly readers = new Set<object>()
  private controller: AbortController | undefined
  private breaker: Breaker | undefined
  private isWatched = false

  /**
   * @param outer the caller's own signal, which stops the exchange as well until it is over.
   * @param ended is told once that it is over.
   */
  constructor(
    private readonly outer: AbortSignal | undefined,
    private readonly ended?: () => void,
  ) {
    if (outer?.aborted) this.stop(outer.reason)
    else if (outer !== undefined) listen(outer, this)
  }

  /** For the platform's `fetch`: what stops it. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.aborted) this.controller.abort(this.reason)
    }
    return this.controller.signal
  }

  /** The same in another way, for an exchange that nothing but this object stops. */
  breakable(dispatcher: Dispatcher): Breaker {
    return (this.breaker = new Breaker(dispatcher))
  }

  /** Takes note of the response, which is what a stand-in for `fetch` gave, if there is one. */
  begin(response: Partial<Response> | null | undefined): void {
    const { body } = response ?? {}
    if (body === null || body === undefined) this.end()
    else if (this.outer !== undefined || this.ended !== undefined) {
      this.isWatched = true
      collected.register(body, this, this)
    }
  }

  /** Somebody begins to read the body, of the response or of a clone of it: several can at a time. */
  enter(reader: object): void {
    this.readers.add(reader)
  }

  /** A reader has come to the end of the body, or to an error. */
  leave(reader: object): void {
    this.readers.delete(reader)
    this.end()
  }

  /** Gives what `read` gives, which reads the body on behalf of `reader`. */
  read<T>(response: { readonly bodyUsed: boolean }, reader: object, read: () => Promise<T>): Promise<T> {
    // Another reads it already: this one will be refused.
    if (response.bodyUsed) return read()
    this.enter(reader)
    const left = (): void => {
      this.leave(reader)
    }
    const body = read()
    body.then(left, left)
    return body
  }

  /** A reader gave up. */
  giveUp(reader: object): void {
    if (this.readers.delete(reader) && this.readers.size === 0) this.abort()
  }

  /** Stops it; what is being read of it fails with `reason`. Does nothing when all has come. */
  abort(reason?: unknown): void {
    if (this.over) return
    this.end()
    this.stop(reason)
  }

  /** Nothing more will come. */
  end(): void {
    if (!this.over) this.ended?.()
    this.over = true
    // What is registered is held until the body is collected, and holds the body: the platform's listeners know it.
    if (this.isWatched) collected.unregister(this)
    this.outer?.removeEventListener('abort', this)
  }

  /** @internal */
  handleEvent(): void {
    this.abort(this.outer!.reason)
  }

  private stop(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    this.aborted = true
    this.reason = reason
    this.controller?.abort(reason)
    this.breaker?.abort(reason as Error)
  }
}
