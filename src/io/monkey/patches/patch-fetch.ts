import { hasGreenlets } from '../../../scheduler/kernel/runnable.js'
import { hideSecrets } from '../../diagnostics/hide-secrets.js'
import { FetchAbort, signalOf } from '../../fetch/fetch-abort.js'
import { network } from '../../net/network.js'
import { callPlatform, iterableResult } from '../green/abortable-call.js'
import { applyPart, type Part } from '../patch-part.js'
import { isReplaced } from '../patch-module.js'
import { applyTable, type PatchTable, type Replacement } from '../patch-table.js'
import { makeIterable } from '../../../scheduler/waits/iterable-while-green.js'

const aborts = new WeakMap<object, FetchAbort>()

const callFetch: Replacement = (platformFetch, receiver, args) => {
  const [input, init] = args as [string | URL | Request, RequestInit | null | undefined]
  const outer = isOptions(init) ? signalOf(input, init) : undefined
  // What the platform refuses is left to it, so that the errors are its own.
  if (!hasGreenlets() || args.length === 0 || !isOptions(init) || !isSignal(outer)) {
    return iterableResult(platformFetch, receiver, args)
  }
  if (isReplaced(globalThis, 'fetch')) for (const table of bodyTables) applyTable(table)
  const abort = new FetchAbort(outer ?? undefined, undefined, { title: () => nameOf(input) })
  const call = (...parts: unknown[]): Promise<Response> =>
    callPlatform(platformFetch, receiver, parts) as Promise<Response>
  const response = abort.start(call, input, init ?? {}).then((value) => {
    if (value instanceof Response) aborts.set(value, abort)
    return value
  })
  return makeIterable(response, {
    describe: () => `fetch(${abort.request.title()})`,
    cancel: () => {
      abort.abort()
    },
    isExternal,
  })
}

const readBody: Replacement = (method, receiver, args) => {
  const response = receiver as Response
  const abort = aborts.get(response)
  const isRefused = abort === undefined || response.bodyUsed
  const body = callPlatform(method, receiver, args) as Promise<unknown>
  if (isRefused) return makeIterable(body)
  const end = (): void => {
    abort.end()
  }
  body.then(end, end)
  return makeIterable(body, {
    describe: () => `response.${method.name}() of ${hideSecrets(response.url)}`,
    cancel: () => {
      abort.giveUp(response)
    },
    isExternal,
  })
}

const clone: Replacement = (method, receiver, args) => {
  const response = callPlatform(method, receiver, args) as Response
  const abort = aborts.get(receiver as Response)
  if (abort !== undefined) {
    aborts.set(response, abort)
    abort.branch(receiver as Response, response)
  }
  return response
}

const bodyMethods: Readonly<Record<string, Replacement>> = {
  arrayBuffer: readBody,
  blob: readBody,
  bytes: readBody,
  formData: readBody,
  json: readBody,
  text: readBody,
}

/** The functions that {@link patchFetch} patches at once. */
export const fetchTable: PatchTable = { name: 'globalThis', target: () => globalThis, replaces: { fetch: callFetch } }

/** The methods that the patched `fetch` patches when it is first called in a program with greenlets: loading it costs 50 ms. */
export const responseTable: PatchTable = {
  name: 'Response.prototype',
  target: () => Response.prototype,
  replaces: { ...bodyMethods, clone },
}
const requestTable: PatchTable = {
  name: 'Request.prototype',
  target: () => Request.prototype,
  replaces: bodyMethods,
}
const bodyTables = [responseTable, requestTable]

/** The part that {@link patchFetch} patches. */
export const fetchPart: Part = {
  name: 'fetch',
  by: 'patchFetch',
  gevent: '(`urllib` on `patch_socket`)',
  cooperative: [
    { what: 'fetch()', gives: 'the response, when its headers have arrived', givingUp: 'aborts the request' },
    {
      what: 'response.json(), text(), bytes(), arrayBuffer(), blob(), formData()',
      gives: 'the body',
      givingUp: 'aborts the connection, unless another reads a clone',
    },
  ],
  cannot: '`response.body` is an async iterable: loop over `each(response.body)`',
  tables: [fetchTable],
}

/**
 * Lets what the global `fetch` and the body methods of its responses return be waited for in a greenlet with `yield*`.
 * It is a promise, as ever, and the response is a `Response`, and their errors are what they were.
 *
 * A kill, timeout or lost race of a greenlet that waits for the response or for its body aborts the request: the server
 * sees the connection go. If several greenlets wait for the same promise, the last one to give up does that. Before the
 * first greenlet of a program is made, calls go straight to the platform, and nothing stops them.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchFetch(): boolean {
  return applyPart(fetchPart)
}

function isExternal(): boolean {
  return !network.current.isSimulated
}

function nameOf(input: string | URL | Request): string {
  return hideSecrets(String(input instanceof Request ? input.url : input))
}

function isOptions(init: unknown): init is RequestInit | null | undefined {
  return init === undefined || init === null || typeof init === 'object'
}

function isSignal(signal: AbortSignal | null | undefined): boolean {
  if (signal === undefined || signal === null) return true
  return typeof signal.aborted === 'boolean' && typeof signal.addEventListener === 'function'
}
