import { runInThisContext } from 'node:vm'

/** What undici, on which Node's `fetch` stands, sends requests through. @internal */
export interface Dispatcher {
  readonly isMockActive?: boolean
  dispatch(options: object, handler: DispatchHandler): boolean
}

/** Who is told how a request goes: undici up to 7 calls the first, later ones call the second. @internal */
export interface DispatchHandler {
  onConnect?(abort: (reason: Error) => void, context: unknown): void
  onRequestStart?(controller: { abort(reason: Error): void }, context: unknown): void
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
