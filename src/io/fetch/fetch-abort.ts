import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events'
import type { Titled } from './fetch-error.js'
import { network } from '../net/network.js'
import type { StoppableFetch } from '../node/fetch/exchange.js'
import { stoppableFetch, type PlatformFetch, type StoppableFetchOptions } from '../node/fetch/stoppable-fetch.js'
import { onStreamEnd } from '../node/stream-end.js'

// The caller's signal may live for ever, and must not hold all that it could ever have stopped.
const collected = new FinalizationRegistry<FetchAbort>((abort) => {
  abort.end()
})

// One signal may stop a great many requests, and Node up to 22 takes more than ten listeners for a leak. Its own fetch
// raises that limit to the same number.
function listen(signal: AbortSignal, listener: { handleEvent(): void }): void {
  if (signal instanceof EventTarget && getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(1500, signal)
  signal.addEventListener('abort', listener)
}

/** The signal that stops a request by the platform's rules: that of `init`, where `null` means none, else the request's. */
export function signalOf(
  input: unknown,
  init: Pick<RequestInit, 'signal'> | null | undefined,
): AbortSignal | null | undefined {
  const { signal = (input as Partial<Request> | null | undefined)?.signal } = init ?? {}
  return signal
}

/**
 * Aborts one `fetch`, its request and its response: when the last reader of the body gives up, or when the caller's signal
 * aborts. The connection is closed then, and the other end sees it.
 * @internal
 */
export class FetchAbort {
  /** Whether it was aborted. */
  aborted = false
  /** Why. */
  reason: unknown = undefined
  /** Whether all that will come has come. */
  private over = false
  private fetching: StoppableFetch | undefined
  private isWatched = false
  /** Whether the body of the response has a limit already. */
  isLimited = false
  /** The response and its clones, when there are any, except those whose readers gave up. */
  private branches: WeakRef<Response>[] | undefined

  /**
   * @param outer the caller's own signal, which aborts it as well until it is over.
   * @param ended called once, when it is over.
   * @param request names the request, for errors.
   */
  constructor(
    private readonly outer: AbortSignal | undefined,
    private readonly ended: (() => void) | undefined,
    readonly request: Titled,
  ) {
    if (outer?.aborted) this.markAborted(outer.reason)
    else if (outer !== undefined) listen(outer, this)
  }

  /**
   * Calls `fetch`.
   *
   * @param options `onRedirect` is called before each redirect is followed; what it raises is the `cause` of the error.
   * @returns the platform's response. The errors are the platform's, too.
   */
  start(
    platformFetch: PlatformFetch,
    input: string | URL | Request,
    init: RequestInit,
    { onRedirect, direct }: Pick<StoppableFetchOptions, 'onRedirect' | 'direct'> = {},
  ): Promise<Response> {
    const isTold = this.outer !== undefined || this.ended !== undefined
    // What was aborted before is refused by the platform in its own way.
    const response = this.aborted
      ? platformFetch(input, init)
      : this.startStoppable(platformFetch, input, init, { onRedirect, direct, bySignal: isTold })
    if (!isTold) return response
    return response.then(
      (value) => {
        this.begin(value)
        return value
      },
      (error: unknown) => {
        this.end()
        throw error
      },
    )
  }

  /** Notes that a response, or a clone, was cloned. */
  branch(response: Response, clone: Response): void {
    this.branches ??= [new WeakRef(response)]
    this.branches.push(new WeakRef(clone))
  }

  /** Aborts it because a reader of the response, or of a clone, gave up, unless somebody reads another one of them. */
  giveUp(response: Response): void {
    this.branches = this.branches?.filter((branch) => branch.deref() !== response)
    if (this.branches?.some((branch) => branch.deref()?.body?.locked) !== true) this.abort()
  }

  /** Aborts it; what is being read of it fails. Does nothing when all has come. */
  abort(reason?: unknown): void {
    if (this.over) return
    this.end()
    this.markAborted(reason)
    this.fetching?.stop(this.reason)
  }

  /** Notes that nothing more will come. */
  end(): void {
    if (this.over) return
    this.over = true
    this.ended?.()
    // What is registered is held until the body is collected, and holds the body: the platform's listeners know it.
    if (this.isWatched) collected.unregister(this)
    this.outer?.removeEventListener('abort', this)
  }

  /** @internal */
  handleEvent(): void {
    this.abort(this.outer!.reason)
  }

  private startStoppable(
    platformFetch: PlatformFetch,
    input: string | URL | Request,
    init: RequestInit,
    options: StoppableFetchOptions,
  ): Promise<Response> {
    const { isSimulated, dispatcher } = network.current
    this.fetching = stoppableFetch(platformFetch, input, init, isSimulated ? { ...options, dispatcher } : options)
    return this.fetching.response
  }

  /** Takes note of the response, which is what a stand-in for `fetch` gave, if there is one. */
  private begin(response: Partial<Response> | null | undefined): void {
    const { body } = response ?? {}
    if (body === null || body === undefined) {
      this.end()
      return
    }
    this.isWatched = true
    collected.register(body, this, this)
    onStreamEnd(body, () => {
      this.end()
    })
  }

  private markAborted(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    this.aborted = true
    this.reason = reason
  }
}
