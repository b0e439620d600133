import { Exchange } from '../exchange.js'
import { signalOf, startFetch } from '../start-fetch.js'
import { isPatched } from './patch-module.js'
import { applyTable, type PatchTable, type Replacement } from './patch-table.js'
import { yieldable } from './yieldable.js'

const exchanges = new WeakMap<object, Exchange>()

const callFetch: Replacement = (platformFetch, receiver, args) => {
  const [input, init] = args as [string | URL | Request, RequestInit | null | undefined]
  const outer = isOptions(init) ? signalOf(input, init) : undefined
  // What the platform refuses is left to it, so that the errors are its own.
  if (args.length === 0 || !isOptions(init) || !isSignal(outer)) {
    return yieldable(Reflect.apply(platformFetch, receiver, args as never[]) as Promise<unknown>)
  }
  if (isPatched(globalThis, 'fetch')) applyTable(responseTable)
  const exchange = new Exchange(outer ?? undefined)
  const call = (...parts: unknown[]): Promise<Response> =>
    Reflect.apply(platformFetch, receiver, parts as never[]) as Promise<Response>
  const response = startFetch(call, input, init ?? {}, exchange).then((value) => {
    if (value instanceof Response) exchanges.set(value, exchange)
    return value
  })
  return yieldable(response, () => exchange.abort())
}

const readBody: Replacement = (method, receiver, args) => {
  const response = receiver as Response
  const read = (): Promise<unknown> => Reflect.apply(method, response, args as never[]) as Promise<unknown>
  const exchange = exchanges.get(response)
  if (exchange === undefined) return yieldable(read())
  const reader = {}
  return yieldable(exchange.read(response, reader, read), () => exchange.giveUp(reader))
}

const clone: Replacement = (method, receiver, args) => {
  const response = Reflect.apply(method, receiver, args as never[]) as Response
  const exchange = exchanges.get(receiver as Response)
  if (exchange !== undefined) exchanges.set(response, exchange)
  return response
}

/** What {@link patchFetch} patches. */
export const fetchTable: PatchTable = { target: () => globalThis, replaces: { fetch: callFetch } }

/** What the patched `fetch` patches when it is first called: loading the class costs 50 ms. */
export const responseTable: PatchTable = {
  target: () => Response.prototype,
  replaces: {
    arrayBuffer: readBody,
    blob: readBody,
    bytes: readBody,
    clone,
    formData: readBody,
    json: readBody,
    text: readBody,
  },
}

/**
 * Lets what the global `fetch` and the body methods of its responses return be waited for in a greenlet with `yield*`.
 * It is a promise, as ever, and the response is a `Response`, and their errors are what they were.
 *
 * A kill, timeout or lost race of a greenlet that waits for the response or for its body aborts the request: the server
 * sees the connection go. If several greenlets wait for the same promise, the last one to give up does that.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchFetch(): boolean {
  return applyTable(fetchTable)
}

function isOptions(init: unknown): init is RequestInit | null | undefined {
  return init === undefined || init === null || typeof init === 'object'
}

function isSignal(signal: AbortSignal | null | undefined): boolean {
  if (signal === undefined || signal === null) return true
  return typeof signal.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}
