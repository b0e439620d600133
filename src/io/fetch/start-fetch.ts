import type { Exchange } from './fetch-abort.js'
import { globalDispatcher, type Dispatcher } from '../node/global-dispatcher.js'
import { network } from '../net/network.js'
import { originalOf } from '../node/originals.js'

type PlatformFetch = (input: string | URL | Request, init: RequestInit) => Promise<Response>

/** What was there when the library was loaded; anything else was put in its place. */
const nodeFetch: PlatformFetch = originalOf(globalThis.fetch)

/** The signal that stops a request by the platform's rules: that of `init`, where `null` means none, else the request's. */
export function signalOf(
  input: unknown,
  init: Pick<RequestInit, 'signal'> | null | undefined,
): AbortSignal | null | undefined {
  const { signal = (input as Partial<Request> | null | undefined)?.signal } = init ?? {}
  return signal
}

/**
 * Calls the platform's `fetch` so that `exchange` can stop the request and the body of the response.
 * @returns the platform's response.
 * @internal
 */
export async function startFetch(
  platformFetch: PlatformFetch,
  input: string | URL | Request,
  init: RequestInit,
  exchange: Exchange,
): Promise<Response> {
  const { signal } = exchange
  const dispatcher: unknown = network.current.isSimulated ? await network.current.dispatcher : undefined
  const own = (dispatcher === undefined ? { signal } : { signal, dispatcher }) as RequestInit
  return isPlain(init) ? platformFetch(input, { ...init, ...own }) : platformFetch(new Request(input, init), own)
}

/**
 * The same for most requests, which have no body and no signal: they can be stopped at less cost.
 * @returns `undefined` when it is none of those.
 * @internal
 */
export function startSimpleFetch(
  platformFetch: PlatformFetch,
  input: string | URL | Request,
  init: RequestInit,
  exchange: Exchange,
): Promise<Response> | undefined {
  // One that stands in for the platform's may know of signals only.
  if (platformFetch !== nodeFetch || network.current.isSimulated) return undefined
  if (typeof input !== 'string' && !(input instanceof URL)) return undefined
  const { body, signal, dispatcher = globalDispatcher() } = init as RequestInit & { dispatcher?: Dispatcher }
  if (dispatcher === undefined || (body ?? signal ?? undefined) !== undefined || !isPlain(init)) return undefined
  return platformFetch(input, { ...init, dispatcher: exchange.breakable(dispatcher) } as unknown as RequestInit)
}

// Options of a class, such as a Request, have their values on its prototype, where a spread does not see them.
function isPlain(init: RequestInit): boolean {
  const prototype: unknown = Object.getPrototypeOf(init)
  return prototype === Object.prototype || prototype === null
}
