import { isPlainObject } from '../../../scheduler/checks/plain-object.js'
import { directFetch } from './direct-fetch.js'
import { REDIRECTS, type StoppableFetch } from './exchange.js'
import { directRequest } from './direct-request.js'
import {
  globalDispatcher,
  undiciVersion,
  type DispatchHandler,
  type DispatchOptions,
  type Dispatcher,
} from './global-dispatcher.js'
import { originalOf } from '../originals.js'

/** The platform's `fetch`, or what stands in for it. @internal */
export type PlatformFetch = (input: string | URL | Request, init: RequestInit) => Promise<Response>

/** Options of {@link stoppableFetch}. @internal */
export interface StoppableFetchOptions {
  /** Sends the requests, in place of the platform's own; or a promise of it. */
  readonly dispatcher?: unknown
  /** Called before a redirect is followed; what it raises is the `cause` of what `fetch` raises. */
  readonly onRedirect?: ((from: string) => void) | undefined
  /**
   * Whether plain requests may be sent by the dispatcher directly, for a response with {@link ResponseFacts}: by that of `init`,
   * which is known to be undici's own; or by that of the platform, if it is.
   */
  readonly direct?: 'by the given one' | 'by the global one' | undefined
  /** Whether a signal has to do it: what is stopped fails with the reason then, and with any error otherwise. */
  readonly bySignal: boolean
}

/**
 * Calls `fetch` so that the request and the body of the response can be stopped. A signal in `init` is replaced.
 *
 * A signal stops any `fetch`, and costs, with its controller and listeners, as much as a seventh of a whole one. Where
 * Node's own is called with no more than an address, the dispatcher stops it, by the function with which `fetch` itself
 * breaks a request off. A plain request needs no `fetch` at all.
 * @internal
 */
export function stoppableFetch(
  platformFetch: PlatformFetch,
  input: string | URL | Request,
  init: RequestInit,
  options: StoppableFetchOptions,
): StoppableFetch {
  const { body, dispatcher = globalDispatcher() } = init as DispatchedInit
  const isNodes = hasAbort && isNodeFetch(platformFetch)
  const request =
    isNodes && isDirect(init as DispatchedInit, options, dispatcher)
      ? directRequest(input, init, options.direct === 'by the global one')
      : undefined
  const dispatched = (target: Dispatcher): StoppableFetch => {
    const own = new AbortableDispatcher(target, options.onRedirect)
    own.response = platformFetch(input, { ...init, dispatcher: own } as unknown as RequestInit)
    return own
  }
  if (request !== undefined) return directFetch((options.dispatcher ?? dispatcher) as Dispatcher, request, dispatched)
  const isBare =
    (body ?? undefined) === undefined && (typeof input === 'string' || input instanceof URL) && isPlainObject(init)
  if (!options.bySignal && isBare && isNodes && options.dispatcher === undefined && dispatcher !== undefined)
    return dispatched(dispatcher)
  const controller = new AbortController()
  const response = fetchWithSignal(platformFetch, input, init, options, controller.signal)
  return { response, stop: (reason) => controller.abort(reason) }
}

/** Whether handlers have `abort`: undici, on which Node's `fetch` stands, does not document it. */
const hasAbort = undiciVersion >= 6 && undiciVersion <= 8

let nodeFetch: PlatformFetch | undefined

/** Whether it is Node's own `fetch`, and not one that was put in its place, before or after this library was loaded. */
function isNodeFetch(platformFetch: PlatformFetch): boolean {
  if (platformFetch === nodeFetch) return true
  if (!Function.prototype.toString.call(platformFetch).includes('internal/deps/undici')) return false
  nodeFetch = platformFetch
  return true
}

/** Whether a request may go to the dispatcher: to one of undici's own class, and not to one that a test has put there. */
function isDirect(
  init: DispatchedInit,
  { direct, dispatcher: simulated }: StoppableFetchOptions,
  target: Dispatcher | undefined,
): boolean {
  if (direct === 'by the given one') return true
  if (direct === undefined || init.dispatcher !== undefined || simulated !== undefined || target === undefined)
    return false
  return target.constructor.name === 'Agent' && target.isMockActive !== true
}

type DispatchedInit = RequestInit & { dispatcher?: Dispatcher }

/** The options of `fetch` but for the signal. */
const OPTIONS = [
  ...['body', 'cache', 'credentials', 'dispatcher', 'duplex', 'headers', 'integrity', 'keepalive', 'method', 'mode'],
  ...['redirect', 'referrer', 'referrerPolicy'],
]

async function fetchWithSignal(
  platformFetch: PlatformFetch,
  input: string | URL | Request,
  init: RequestInit,
  { dispatcher: given, onRedirect }: StoppableFetchOptions,
  signal: AbortSignal,
): Promise<Response> {
  // Always in a later turn, whether it is there already or not.
  let dispatcher = given === undefined ? undefined : await (given as Promise<Dispatcher>)
  if (onRedirect !== undefined) {
    dispatcher ??= (init as DispatchedInit).dispatcher ?? globalDispatcher() ?? loadDispatcher()
    dispatcher = new AbortableDispatcher(dispatcher, onRedirect)
  }
  const own = (dispatcher === undefined ? { signal } : { signal, dispatcher }) as RequestInit
  return platformFetch(input, { ...asPlainObject(init), ...own })
}

/** Returns the options for a spread, which does not see those that an object of a class has, such as a Request. @internal */
export function asPlainObject(init: RequestInit): RequestInit {
  if (isPlainObject(init)) return init
  const values = OPTIONS.map((name): [string, unknown] => [name, Reflect.get(init, name)])
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

// The first call of `fetch` makes it.
function loadDispatcher(): Dispatcher {
  void originalOf(globalThis.fetch)('data:,', {}).catch(() => undefined)
  const dispatcher = globalDispatcher()
  if (dispatcher !== undefined) return dispatcher
  throw new TypeError(
    "fetch: { maxRedirects } works on the fetch of Node, which this platform lacks; write { redirect: 'manual' }",
  )
}

/** Sends the requests of one `fetch`, one after another where they are redirected. */
class AbortableDispatcher implements Dispatcher, StoppableFetch {
  declare response: Promise<Response>
  readonly isMockActive: boolean
  private handler: DispatchHandler | undefined
  private reason: unknown = undefined
  private redirected: string | undefined

  constructor(
    private readonly target: Dispatcher,
    private readonly onRedirect: ((from: string) => void) | undefined,
  ) {
    this.isMockActive = target.isMockActive === true
  }

  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    if (this.onRedirect !== undefined) this.watch(options, handler, this.onRedirect)
    this.handler = handler
    if (this.reason !== undefined) this.stop(this.reason)
    return this.target.dispatch(options, handler)
  }

  stop(reason: unknown): void {
    this.reason = reason
    const { handler } = this
    if (typeof handler?.abort === 'function') handler.abort(reason)
    // Without a connection it cannot be broken off yet.
    else if (handler !== undefined) onBegin(handler, () => handler.abort?.(reason))
  }

  private watch(options: DispatchOptions, handler: DispatchHandler, onRedirect: (from: string) => void): void {
    const { redirected } = this
    if (redirected !== undefined) onRedirect(redirected)
    const { method = 'GET', origin, path } = options
    followUp(handler, ['onHeaders', 'onResponseStart'], (...args) => {
      const isRedirect = args.some((argument) => REDIRECTS.includes(argument))
      this.redirected = isRedirect ? `${method} ${String(origin)}${path}` : undefined
    })
  }
}

/** Has `next` called when a request has its connection. @internal */
export function onBegin(handler: DispatchHandler, next: () => void): void {
  if ('began' in handler) handler.began = next
  else followUp(handler, ['onConnect', 'onRequestStart'], next)
}

/**
 * Has `next` called after those of these methods that a handler has: undici up to 7 calls other ones than undici 8. @internal
 */
function followUp(
  handler: DispatchHandler,
  names: readonly Exclude<keyof DispatchHandler, 'abort' | 'began'>[],
  next: (...args: unknown[]) => void,
): void {
  for (const name of names) {
    const method = handler[name]
    if (typeof method !== 'function') continue
    handler[name] = (...args: unknown[]) => {
      const result: unknown = method.apply(handler, args)
      next(...args)
      return result
    }
  }
}
