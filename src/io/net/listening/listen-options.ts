import type { ListenOptions as NodeListenOptions } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { OptionNames } from '../../../scheduler/checks/check-options.js'
import { misuse } from '../../../scheduler/checks/errors.js'
import { show } from '../../../scheduler/checks/show.js'
import { waitOptionNames, type WaitOptions } from '../../../scheduler/kernel/wait-options.js'

/** How many connections may wait, unless given: what Node asks of the kernel, too. */
const BACKLOG = 511

/** Where and how to listen. What is not explained here is as for Node's `server.listen`. */
export interface ListenOptions extends WaitOptions {
  /** The address of one interface; all of them unless given. */
  host?: string | undefined
  /** 0, or none, for one that is free. */
  port?: number | undefined
  /** The path of a Unix socket, in place of `host` and `port`. */
  path?: string | undefined
  /**
   * How many connections may wait here to be accepted, 511 unless given. Those that come when as many are waiting are
   * dropped, see {@link Listener}. The kernel has room for 511 more, or for as many if that is more.
   */
  backlog?: number | undefined
  /** Speak TLS, with these options of `tls.createServer`: `key`, `cert`, … */
  tls?: TlsOptions | undefined
  /** Do not share the address with the other workers of a cluster. */
  exclusive?: boolean | undefined
  /** With an address of IPv6: do not listen on IPv4 as well. */
  ipv6Only?: boolean | undefined
  /** Everybody on the machine may read from the Unix socket. */
  readableAll?: boolean | undefined
  /** Everybody on the machine may write to the Unix socket, and so connect to it. */
  writableAll?: boolean | undefined
  /** Send small pieces at once, on each connection: `TCP_NODELAY`. */
  noDelay?: boolean | undefined
  /** Have the system ask, while nothing is sent, whether clients are still there. */
  keepAlive?: boolean | undefined
  /** When it asks first, in milliseconds of silence. */
  keepAliveInitialDelay?: number | undefined
}

/** @internal */
export const listenOptionNames: OptionNames = {
  own: [
    ...['host', 'port', 'path', 'backlog', 'tls', 'exclusive', 'ipv6Only', 'readableAll', 'writableAll'],
    ...['noDelay', 'keepAlive', 'keepAliveInitialDelay', ...waitOptionNames.own],
  ],
  platform: ['fd', 'reusePort'],
  isStrict: true,
}

/** Picks the options that Node takes. `timeout` and `signal` are limits of the wait. @internal */
export function nodeOptions({
  timeout: _timeout,
  signal: _signal,
  tls: _tls,
  ...options
}: ListenOptions): NodeListenOptions {
  const backlog = kernelBacklog(options.backlog)
  return options.path === undefined ? { port: 0, ...options, backlog } : { ...options, backlog }
}

/**
 * How many wait in the kernel until Node accepts them. It makes a client for whom it has no room try again after a second,
 * so a short backlog here must not mean a short one there: those who come in one moment would wait, and nobody else.
 * @internal
 */
export function kernelBacklog(backlog: number = BACKLOG): number {
  return Math.max(backlog, BACKLOG)
}

/** Returns how many connections may wait. @throws RangeError @internal */
export function checkBacklog(backlog: number = BACKLOG): number {
  if (Number.isInteger(backlog) && backlog > 0) return backlog
  throw misuse(new RangeError(`listen: { backlog } must be a whole number from 1, got ${show(backlog)}`))
}
