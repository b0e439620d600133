import type { ConnectionOptions } from 'node:tls'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { newAgent, type Agent, type DispatchHandler, type DispatchOptions } from '../node/fetch/global-dispatcher.js'
import { onBegin } from '../node/fetch/stoppable-fetch.js'
import { openConnection, proxyCredentials, type ConnectionMoments, type Destination } from './connector.js'

/** Options of {@link Connections}. */
export interface ConnectionsOptions {
  /** For `https:`: certificates to trust (`ca`), a certificate of one's own (`cert`, `key`), and all else of `tls.connect`. */
  tls?: ConnectionOptions | undefined
  /**
   * The proxy, `http://user:password@host:port` or `https:`; or a function that chooses one for an address, as
   * `environmentProxy()` does. Pages of `http:` are asked of the proxy, `https:` goes through a tunnel.
   */
  proxy?: string | ((url: URL) => string | undefined) | undefined
  /** Gives the IP address to connect to in place of what the name stands for; `undefined` leaves it to the system. */
  resolve?: ((hostname: string, port: number) => string | undefined) | undefined
  /** How long a connection may take until it can be used, proxy and TLS included, in milliseconds: 10,000 unless given; 0 for no limit. */
  connectTimeout?: number | undefined
}

/** How a request came to its connection; times in milliseconds. */
export interface ConnectionTimes {
  /** Whether the connection was there before: nothing was looked up then. */
  readonly reused: boolean
  /** How long the look-up of the name took. */
  readonly lookup: number
  /** How long the connection took after that. */
  readonly connect: number
  /** How long TLS took after that; 0 without. */
  readonly tls: number
}

/**
 * Connections for `fetch`, made in one's own way: with certificates, through proxies, to other addresses. They are kept open
 * and used again by all requests with the same object.
 *
 * ```ts
 * using connections = new Connections({ tls: { ca: await readFile('ca.pem') } })
 * const response = yield* fetch('https://intranet.example/', { connections })
 * ```
 *
 * In a simulation they have no effect: `fetch` connects over the simulated network there.
 */
export class Connections implements Disposable {
  private agent: Agent | undefined
  private readonly options: ConnectionsOptions
  /** Connections that no request has used yet, by where they lead. */
  private readonly fresh = new Map<string, ConnectionMoments[]>()

  /** @param options see {@link ConnectionsOptions}. */
  constructor(options: ConnectionsOptions = {}) {
    checkOptions(options, connectionsOptionNames)
    if (typeof options.proxy === 'string') checkProxy(options.proxy)
    this.options = options
  }

  /** Closes all connections; requests that are under way fail. */
  close(): void {
    void this.agent?.destroy()
    this.agent = undefined
  }

  /** The same as {@link Connections.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Returns the dispatcher that sends the requests of one `fetch`. @internal */
  dispatcher(onConnection: ((times: ConnectionTimes) => void) | undefined): object {
    return {
      dispatch: (options: DispatchOptions, handler: DispatchHandler): boolean => {
        this.agent ??= newAgent((to, connected) => {
          this.open(to, connected)
        })
        const sent = this.throughProxy(options)
        if (onConnection !== undefined) this.watch(String(sent.origin), handler, onConnection)
        return this.agent.dispatch(sent, handler)
      },
    }
  }

  private open(
    to: { protocol: string; hostname: string; port: string; servername?: string | null },
    connected: (error: Error | null, socket?: unknown) => void,
  ): void {
    const isSecure = to.protocol === 'https:'
    const port = Number(to.port === '' ? (isSecure ? 443 : 80) : to.port)
    const destination: Destination = { ...to, port }
    const origin = `${to.protocol}//${to.hostname}${to.port === '' ? '' : `:${to.port}`}`
    const proxy = isSecure ? this.proxyFor(new URL(origin)) : undefined
    const moments: ConnectionMoments = {
      start: performance.now(),
      lookup: undefined,
      connect: undefined,
      secure: undefined,
    }
    const { tls = {}, resolve, connectTimeout = 10_000 } = this.options
    // A proxy with TLS is no destination to which a tunnel leads.
    const isProxy = proxy?.origin === origin
    openConnection(
      destination,
      isProxy ? undefined : proxy,
      { tls, resolve, timeout: connectTimeout },
      moments,
      (error, socket) => {
        if (error === null) this.addFresh(origin, moments)
        connected(error, socket)
      },
    )
  }

  private proxyFor(url: URL): URL | undefined {
    const { proxy } = this.options
    const text = typeof proxy === 'function' ? proxy(url) : proxy
    return text === undefined ? undefined : checkProxy(text)
  }

  /** A page of `http:` is asked of the proxy by its whole address (RFC 9112, 3.2.2). */
  private throughProxy(options: DispatchOptions): DispatchOptions {
    if (this.options.proxy === undefined) return options
    const { origin, path, headers } = options
    const target = new URL(String(origin))
    const proxy = target.protocol === 'http:' ? this.proxyFor(target) : undefined
    if (proxy === undefined) return options
    const authorization = proxyCredentials(proxy)
    const added = authorization === undefined ? {} : { 'proxy-authorization': authorization }
    return {
      ...options,
      origin: proxy.origin,
      path: `${target.origin}${path}`,
      headers: { ...headers, host: target.host, ...added },
    }
  }

  private addFresh(origin: string, moments: ConnectionMoments): void {
    const list = this.fresh.get(origin) ?? []
    list.push(moments)
    this.fresh.set(origin, list)
  }

  private watch(origin: string, handler: DispatchHandler, onConnection: (times: ConnectionTimes) => void): void {
    onBegin(handler, () => {
      const list = this.fresh.get(origin)
      const moments = list?.shift()
      if (list?.length === 0) this.fresh.delete(origin)
      onConnection(timesOf(moments))
    })
  }
}

const connectionsOptionNames: OptionNames = { own: ['tls', 'proxy', 'resolve', 'connectTimeout'] }

function timesOf(moments: ConnectionMoments | undefined): ConnectionTimes {
  if (moments === undefined) return { reused: true, lookup: 0, connect: 0, tls: 0 }
  const { start, lookup = start, connect = lookup, secure = connect } = moments
  return { reused: false, lookup: lookup - start, connect: connect - lookup, tls: secure - connect }
}

function checkProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw misuse(new TypeError('Connections: { proxy } must be an address of http: or https:'))
}
