import { channel, subscribe, unsubscribe, type Channel } from 'node:diagnostics_channel'
import type { Greenlet } from '../../../scheduler/greenlets/greenlet.js'

/**
 * A request that this program answers, or a fetch: what is published on `gvent:request` and `gvent:fetch` at its end,
 * and on `gvent:request:start` and `gvent:fetch:start` when it begins. It is the same object both times, so a
 * subscriber can keep what belongs to it in a `WeakMap`.
 */
export interface Exchange {
  /** The method of the request. */
  readonly method: string
  /** The path of a request, the address of a fetch: without the query, a user and a password. */
  readonly url: string
  /** The headers of a request that came in, as Node gives them; `undefined` for a fetch. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>> | undefined
  /** The greenlet that answers it, or waits for it; `undefined` outside of greenlets. */
  readonly greenlet: Greenlet | undefined
  /** When it began, as `performance.now()` tells time. */
  readonly began: number
  /**
   * How long it took, in milliseconds; that of a fetch ends where the body of the response begins. -1 before its end.
   */
  milliseconds: number
  /** The status of the response; 0 when there was none. */
  status: number
  /** Why there was no response, or why the handler failed. */
  error: unknown
  /**
   * Begins the handler of a request in a scope: a subscriber to `gvent:request:start` may set it, to a function that
   * runs its argument in `AsyncLocalStorage.run()`, say. The handler and all that it spawns keep that scope.
   */
  enter: ((begin: () => void) => void) | undefined
}

/** The two channels of a kind of exchange. */
export class ExchangeChannels {
  private readonly start: Channel
  private readonly end: Channel

  constructor(name: string) {
    this.start = channel(`${name}:start`)
    this.end = channel(name)
  }

  /** Whether anybody wants to know. */
  get hasSubscribers(): boolean {
    return this.end.hasSubscribers || this.start.hasSubscribers
  }

  begin(method: string, url: string, greenlet: Greenlet | undefined, message?: Pick<Exchange, 'headers'>): Exchange {
    const exchange = new OpenExchange(method, url, greenlet, message)
    this.start.publish(exchange)
    return exchange
  }

  finish(exchange: Exchange, status: number, error: unknown): void {
    exchange.milliseconds = performance.now() - exchange.began
    exchange.status = status
    exchange.error = error
    this.end.publish(exchange)
  }

  /** Has both told. @returns a function that ends it. */
  subscribe(began: (exchange: Exchange) => void, ended: (exchange: Exchange) => void): () => void {
    const onStart = (message: unknown): void => {
      began(message as Exchange)
    }
    const onEnd = (message: unknown): void => {
      ended(message as Exchange)
    }
    subscribe(this.start.name, onStart)
    subscribe(this.end.name, onEnd)
    return () => {
      unsubscribe(this.start.name, onStart)
      unsubscribe(this.end.name, onEnd)
    }
  }
}

class OpenExchange implements Exchange {
  milliseconds = -1
  status = 0
  error: unknown = undefined
  enter: Exchange['enter'] = undefined
  readonly began: number = performance.now()
  readonly #message: Pick<Exchange, 'headers'> | undefined

  constructor(
    readonly method: string,
    readonly url: string,
    readonly greenlet: Greenlet | undefined,
    message: Pick<Exchange, 'headers'> | undefined,
  ) {
    this.#message = message
  }

  // Node puts them together on request.
  get headers(): Exchange['headers'] {
    return this.#message?.headers
  }
}

let requests: ExchangeChannels | undefined
let fetches: ExchangeChannels | undefined

/** The channels of requests that servers answer; made when they are asked for, since Node 20 has to load them first. */
export function requestChannels(): ExchangeChannels {
  return (requests ??= new ExchangeChannels('gvent:request'))
}

/** The channels of `fetch`. */
export function fetchChannels(): ExchangeChannels {
  return (fetches ??= new ExchangeChannels('gvent:fetch'))
}
