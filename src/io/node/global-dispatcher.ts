import { runInThisContext } from 'node:vm'

/** Sends the requests of undici, on which Node's `fetch` stands. @internal */
export interface Dispatcher {
  readonly isMockActive?: boolean
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean
}

/** Where a request goes. @internal */
export interface DispatchOptions {
  readonly origin?: string | URL
  readonly path: string
  readonly method?: string
}

type Method = (...args: unknown[]) => unknown

/**
 * Follows the course of a request: up to version 7 undici calls `onConnect` and `onHeaders`, later `onRequestStart` and
 * `onResponseStart`. @internal
 */
export interface DispatchHandler {
  onConnect?: Method
  onRequestStart?: Method
  onHeaders?: Method
  onResponseStart?: Method
  /** Breaks the request off; `null` before it has a connection. */
  readonly abort?: ((reason: unknown) => void) | null
}

// Node does not export undici. Since Node 26 the dispatcher is kept in the second place, and a wrapper for older handlers in
// the first.
const places = ['undici.globalDispatcher.2', 'undici.globalDispatcher.1'].map((name) => Symbol.for(name))

// Test runners that give each file a context of its own (jest) lend it the `fetch` of the main one.
let globals: Record<symbol, Dispatcher | undefined> | undefined

/** The one that `fetch` uses unless told otherwise; `undefined` before its first call. @internal */
export function globalDispatcher(): Dispatcher | undefined {
  globals ??= runInThisContext('globalThis') as Record<symbol, Dispatcher | undefined>
  return globals[places[0]!] ?? globals[places[1]!]
}
