import type { OptionNames } from '../../scheduler/checks/check-options.js'
import type { ServerOptions as NodeServerOptions } from 'node:http'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { serverOptionNames, type ServerOptions } from '../servers/connection-server.js'
import type { AccessLog } from './access-log.js'

/** Options of all HTTP servers: where to listen, how many handlers run, and the limits of what clients may do. */
export interface HTTPOptions extends ServerOptions {
  /** The most bytes of the request line and the headers together: 16,384 unless given. Beyond: 431. */
  maxHeaderSize?: number | undefined
  /** The most headers of a request: 100 unless given. Beyond: 431. */
  maxHeadersCount?: number | undefined
  /** The most bytes of the body of a request: 128 MiB unless given; `Infinity` for no limit. Beyond: 413. */
  maxBodySize?: number | undefined
  /** The most requests of a connection, one after another: no limit unless given. */
  maxRequestsPerConnection?: number | undefined
  /** The longest time in which the headers of a request come, in milliseconds: 60,000 unless given. Beyond: 408. */
  headersTimeout?: number | undefined
  /** The longest time in which a whole request comes, body included, in milliseconds: 300,000 unless given. Beyond: 408. */
  requestTimeout?: number | undefined
  /** The longest time between two requests of a connection, in milliseconds: 5,000 unless given. */
  keepAliveTimeout?: number | undefined
  /** The longest time in which a client takes nothing of a response, in milliseconds, before it is cut off: 60,000 unless given. */
  sendTimeout?: number | undefined
  /** The longest time of a handler, in milliseconds: no limit unless given. Beyond: a `Timeout` in it, and 503. */
  handlerTimeout?: number | undefined
  /** Called with each request that was answered: `commonLog()`, `jsonLog()`, or a function. No log unless given. */
  log?: AccessLog | undefined
}

/** The limits, each of them set. @internal */
export interface Limits {
  readonly maxHeaderSize: number
  readonly maxHeadersCount: number
  readonly maxBodySize: number
  readonly maxRequestsPerConnection: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly sendTimeout: number
  readonly handlerTimeout: number
}

/** The times are Node's own defaults, the size of a body is Bun's; 100 headers are Python's and Apache's limit. */
const DEFAULTS: Limits = {
  maxHeaderSize: 16384,
  maxHeadersCount: 100,
  maxBodySize: 128 * 1024 * 1024,
  maxRequestsPerConnection: Infinity,
  headersTimeout: 60_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 5000,
  sendTimeout: 60_000,
  handlerTimeout: Infinity,
}

/** @internal */
export const httpOptionNames: OptionNames = {
  ...serverOptionNames,
  own: [...serverOptionNames.own, ...Object.keys(DEFAULTS), 'log'],
}

/** The interval between two checks of time limits, in milliseconds, unless a limit itself is shorter. */
const CHECKING_INTERVAL = 1000

/**
 * @param options as the user wrote them.
 * @param where the call, for the message.
 * @throws TypeError or RangeError for a limit that is none.
 * @internal
 */
export function limitsOf(options: HTTPOptions, where: string): Limits {
  const limits: Record<string, number> = {}
  for (const [name, standard] of Object.entries(DEFAULTS) as [keyof Limits, number][]) {
    const given = options[name]
    if (given !== undefined) checkLimit(name, given, where)
    limits[name] = given ?? standard
  }
  // The headers are part of the request.
  limits['headersTimeout'] = Math.min(limits['headersTimeout']!, limits['requestTimeout']!)
  return limits as unknown as Limits
}

function checkLimit(name: string, value: number, where: string): void {
  if (name.endsWith('Timeout')) checkDuration(value, `${where}: { ${name} }`)
  else if (value !== Infinity && !(Number.isInteger(value) && value >= 0)) {
    throw misuse(new RangeError(`${where}: { ${name} } must be a whole number from 0 or Infinity, got ${show(value)}`))
  }
}

/** The limits that Node's server enforces. @internal */
export function nodeOptions(limits: Limits): NodeServerOptions {
  const { headersTimeout, requestTimeout, maxHeaderSize } = limits
  return {
    maxHeaderSize: finite(maxHeaderSize) || 2 ** 31 - 1,
    headersTimeout: finite(headersTimeout),
    requestTimeout: finite(requestTimeout),
    // Looked after by the connection: Node would set two timers for each request.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: checkingInterval(limits),
    // Looked after by us: Node would go on to hand over the next request.
    requireHostHeader: false,
  }
}

/** The interval between two checks for clients that take too long, in milliseconds. @internal */
export function checkingInterval({ headersTimeout }: Limits): number {
  return Math.max(Math.ceil(Math.min(CHECKING_INTERVAL, headersTimeout / 2)), 10)
}

/** A limit as Node takes it, for which 0 is none. @internal */
export function finite(limit: number): number {
  return limit === Infinity ? 0 : limit
}
