import { runInThisContext } from 'node:vm'
import { originalOf } from '../originals.js'

/** The major version of undici, on which Node's `fetch` stands; `NaN` where there is none. @internal */
export const undiciVersion: number = Number(process.versions['undici']?.split('.')[0])

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
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | null
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
  /** Called with those of the first two, by handlers of one's own. */
  began?: (() => void) | undefined
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

/** Connects to where a request leads, and gives the socket. @internal */
export type AgentConnect = (
  to: { protocol: string; hostname: string; port: string; servername?: string | null },
  connected: (error: Error | null, socket?: unknown) => void,
) => void

/** A dispatcher that has connections of its own. @internal */
export interface Agent extends Dispatcher {
  destroy(): Promise<void>
}

/** Makes a dispatcher of the platform's own class. @throws TypeError where `fetch` is not Node's. @internal */
export function newAgent(connect: AgentConnect): Agent {
  // The first call of `fetch` makes the one from which the class can be had.
  if (globalDispatcher() === undefined) void originalOf(globalThis.fetch)('data:,').catch(() => undefined)
  const found = globalDispatcher()
  if (found === undefined)
    throw new TypeError('the fetch of this platform is not that of Node, and does not support { connections }')
  return new (found.constructor as new (options: object) => Agent)({ connect, bodyTimeout: 0, headersTimeout: 0 })
}
