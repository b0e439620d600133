import type { DirectRequest } from './direct-request.js'
import { Exchange, type StoppableFetch } from './exchange.js'
import { undiciVersion, type Dispatcher } from './global-dispatcher.js'

/**
 * Sends a request by the dispatcher, without the platform's `fetch` in between, which takes two to three times as long: it
 * follows redirects, knows caches, and checks who may read what. The response is the platform's own, with
 * {@link ResponseFacts}.
 *
 * @param dispatcher or a promise of one.
 * @param follow is called when the answer is a redirect that the caller is not to see: has the platform's `fetch` make the same
 *   request by the dispatcher that it is given, which has the answer already.
 * @internal
 */
export function directFetch(
  dispatcher: Dispatcher | PromiseLike<Dispatcher>,
  request: DirectRequest,
  follow: (answered: Dispatcher) => StoppableFetch,
): StoppableFetch {
  const exchange = undiciVersion >= 8 ? new NewExchange(request, follow) : new OldExchange(request, follow)
  if ('then' in dispatcher)
    dispatcher.then(
      (there) => exchange.send(there),
      (error: unknown) => exchange.fail(error),
    )
  else exchange.send(dispatcher)
  return exchange
}

/** The handler for undici up to version 7. */
class OldExchange extends Exchange {
  private connected: [abort?: (reason: unknown) => void] = []
  private resumeIt: (() => void) | undefined

  override pause(): void {
    // `onData` said so.
  }

  override resume(): void {
    this.resumeIt?.()
  }

  protected override abort(reason: unknown): void {
    this.connected[0]?.(reason)
  }

  onConnect(...args: [abort: (reason: unknown) => void]): void {
    this.connected = args
    this.begin()
  }

  onHeaders(...args: [status: number, raw: Uint8Array[], resume: () => void, statusText: string]): boolean {
    const [status, raw, resume, statusText] = args
    if (this.isRedirect(status)) {
      this.handOver(
        [
          ['onConnect', this.connected],
          ['onHeaders', args],
        ],
        ['onData', 'onComplete', 'onError'],
      )
    } else {
      this.resumeIt = resume
      this.head(status, statusText, raw)
    }
    return true
  }

  onData(part: Uint8Array): boolean {
    return this.data(part)
  }

  onComplete(): void {
    this.end()
  }

  onError(error: unknown): void {
    this.fail(error)
  }
}

interface Controller {
  readonly rawHeaders: Uint8Array[]
  pause(): void
  resume(): void
  abort(reason: unknown): void
}

/** The handler for undici from version 8 on. */
class NewExchange extends Exchange {
  private started: [controller?: Controller] = []

  override pause(): void {
    this.started[0]?.pause()
  }

  override resume(): void {
    this.started[0]?.resume()
  }

  protected override abort(reason: unknown): void {
    this.started[0]?.abort(reason)
  }

  onRequestStart(...args: [controller: Controller]): void {
    this.started = args
    this.begin()
  }

  onResponseStart(...args: [controller: Controller, status: number, headers: unknown, statusText: string]): void {
    const [controller, status, , statusText] = args
    if (this.isRedirect(status)) {
      this.handOver(
        [
          ['onRequestStart', this.started],
          ['onResponseStart', args],
        ],
        ['onResponseData', 'onResponseEnd', 'onResponseError'],
      )
    } else this.head(status, statusText, controller.rawHeaders)
  }

  onResponseData(_controller: Controller, part: Uint8Array): void {
    if (!this.data(part)) this.pause()
  }

  onResponseEnd(): void {
    this.end()
  }

  onResponseError(_controller: Controller, error: unknown): void {
    this.fail(error)
  }
}
