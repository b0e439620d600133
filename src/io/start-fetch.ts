import type { Exchange } from './exchange.js'
import { network } from './network.js'

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
  platformFetch: (input: string | URL | Request, init: RequestInit) => Promise<Response>,
  input: string | URL | Request,
  init: RequestInit,
  exchange: Exchange,
): Promise<Response> {
  const { signal } = exchange
  const dispatcher: unknown = network.current.isSimulated ? await network.current.dispatcher : undefined
  const own = (dispatcher === undefined ? { signal } : { signal, dispatcher }) as RequestInit
  try {
    const response = isPlain(init)
      ? await platformFetch(input, { ...init, ...own })
      : await platformFetch(new Request(input, init), own)
    exchange.begin(response)
    return response
  } catch (error) {
    exchange.end()
    throw error
  }
}

// Options of a class, such as a Request, have their values on its prototype, where a spread does not see them.
function isPlain(init: RequestInit): boolean {
  const prototype: unknown = Object.getPrototypeOf(init)
  return prototype === Object.prototype || prototype === null
}
