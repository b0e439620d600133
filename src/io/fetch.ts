import type { Operation, Wait } from '../scheduler/operation.js'
import type { Timeout } from '../scheduler/timeout.js'
import { Exchange } from './exchange.js'
import { explain } from './fetch-error.js'
import { signalOf, startFetch } from './start-fetch.js'
import { makeGreen, type GreenResponse } from './green-response.js'
import { NetworkOperation } from './network.js'

/** What {@link fetch} takes: all that Node's does, and a limit. */
export interface FetchOptions extends RequestInit {
  /** How long to wait for the response to begin, in milliseconds, or a `Timeout`. */
  timeout?: number | Timeout | null | undefined
}

/**
 * Node's `fetch` as an operation. The request is made when it is waited for, and anew for each wait.
 *
 * ```ts
 * const response = yield* fetch('http://localhost:8080/', { timeout: 1000 })
 * const items = yield* response.json()
 * ```
 *
 * @param input the address, or a `Request`.
 * @param init Node's options, and `timeout`: a limit for the response to begin. (The methods that read the body take
 *   one of their own, and `withTimeout(ms, function* () { … })` limits all of it.) `signal` stops the body too.
 * @returns the response, once its status and headers are there. Its body methods are operations as well.
 * @throws Node's `TypeError` when there is no response, whose message and `code` tell why; `Timeout`; the signal's reason.
 * Cancel safety: a kill, a timeout or a lost race aborts the request: the server sees the connection go. What the
 *   server did already is done.
 */
export function fetch(input: string | URL | Request, init?: FetchOptions): Operation<GreenResponse> {
  return new Fetch(input, init)
}

class Fetch extends NetworkOperation<GreenResponse> {
  private readonly init: FetchOptions

  constructor(
    private readonly input: string | URL | Request,
    init: FetchOptions | null | undefined,
  ) {
    super({ timeout: init?.timeout, signal: signalOf(input, init) ?? undefined })
    this.init = init ?? {}
  }

  beginWait(wait: Wait<GreenResponse>): void {
    const exchange = new Exchange(this.options?.signal ?? undefined)
    wait.detail = exchange
    startFetch(globalThis.fetch, this.input, this.init, exchange).then(
      (response) => wait.resolve(makeGreen(response, exchange, this.title())),
      (error: unknown) => wait.reject(explain(error, this.title(), wait)),
    )
  }

  cancelWait(wait: Wait<GreenResponse>): void {
    ;(wait.detail as Exchange).abort()
  }

  override undoWait(wait: Wait<GreenResponse>): void {
    this.cancelWait(wait)
  }

  override describe(): string {
    return `fetch(${this.title()})`
  }

  private title(): string {
    const { input, init } = this
    // Whatever it is: what cannot be fetched is named in the error too.
    const { url = input, method = 'GET' } = Object(input) as { url?: unknown; method?: string }
    return `${init.method ?? method} ${String(url)}`
  }
}
