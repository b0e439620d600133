import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { loadBuiltin } from '../node/load-builtin.js'

const net = () => loadBuiltin('node:net') as typeof import('node:net')
const tls = () => loadBuiltin('node:tls') as typeof import('node:tls')

/** How connections are made. @internal */
export interface ConnectorOptions {
  readonly tls: ConnectionOptions
  readonly resolve: ((hostname: string, port: number) => string | undefined) | undefined
  /** In milliseconds; 0 for no limit. */
  readonly timeout: number
}

/** When the parts of a connection were there, on the clock of `performance.now`. @internal */
export interface ConnectionMoments {
  start: number
  lookup: number | undefined
  connect: number | undefined
  secure: number | undefined
}

/** Where a connection leads. @internal */
export interface Destination {
  readonly protocol: string
  readonly hostname: string
  readonly port: number
  /** The name for TLS, where it is another one. */
  readonly servername?: string | null | undefined
}

/** Is given the connection, or the reason why there is none. @internal */
export type Connected = (error: Error | null, socket?: Socket) => void

/**
 * Connects to a server, or through a proxy to it, within the limit.
 *
 * @internal
 */
export function openConnection(
  destination: Destination,
  proxy: URL | undefined,
  options: ConnectorOptions,
  moments: ConnectionMoments,
  connected: Connected,
): void {
  let socket: Socket | undefined
  let isOver = false
  const end: Connected = (error, value) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    if (error !== null) socket?.destroy()
    connected(error, value)
  }
  const timer =
    options.timeout === 0 ? undefined : setTimeout(() => end(tooLate(destination, options)), options.timeout)
  const isSecure = destination.protocol === 'https:'
  const first = proxy === undefined ? destination : destinationOf(proxy)
  socket = openTransport(first, options, moments, end, (transport) => {
    const ready = (stream: Socket): void => {
      if (isSecure) socket = secure(stream, destination, options.tls, moments, end)
      else end(null, stream)
    }
    if (proxy === undefined) ready(transport)
    else if (proxy.protocol === 'https:') {
      const toProxy = secure(transport, first, options.tls, moments, (error, stream) => {
        if (error === null) tunnel(stream!, destination, proxy, end, ready)
        else end(error)
      })
      socket = toProxy
    } else tunnel(transport, destination, proxy, end, ready)
  })
}

function openTransport(
  { hostname, port }: Destination,
  { resolve }: ConnectorOptions,
  moments: ConnectionMoments,
  failed: (error: Error) => void,
  opened: (socket: Socket) => void,
): Socket {
  const host = resolve?.(hostname, port) ?? hostname.replace(/^\[|\]$/g, '')
  const socket = net().connect({ host, port, keepAlive: true, noDelay: true })
  socket.once('lookup', () => (moments.lookup = performance.now()))
  socket.once('error', failed)
  socket.once('connect', () => {
    moments.connect = performance.now()
    socket.off('error', failed)
    opened(socket)
  })
  return socket
}

function secure(
  socket: Socket,
  { hostname, servername }: Destination,
  options: ConnectionOptions,
  moments: ConnectionMoments,
  connected: Connected,
): Socket {
  const name = servername ?? hostname
  const isAddress = net().isIP(name.replace(/^\[|\]$/g, '')) !== 0
  const failed = (error: Error): void => connected(error)
  const stream = tls().connect({
    ALPNProtocols: ['http/1.1'],
    ...options,
    socket,
    host: name.replace(/^\[|\]$/g, ''),
    ...(isAddress ? {} : { servername: name }),
  })
  stream.once('error', failed)
  stream.once('secureConnect', () => {
    moments.secure = performance.now()
    stream.off('error', failed)
    connected(null, stream)
  })
  return stream
}

/** How many bytes a proxy may answer before the tunnel begins. */
const LONGEST_ANSWER = 16 * 1024

/** Asks a proxy for a tunnel (RFC 9110, 9.3.6). */
function tunnel(
  socket: Socket,
  { hostname, port }: Destination,
  proxy: URL,
  failed: (error: Error) => void,
  opened: (socket: Socket) => void,
): void {
  let answer = Buffer.alloc(0)
  const refuse = (why: string, code: string): void =>
    failed(Object.assign(new Error(`the proxy ${proxy.host} ${why}`), { code }))
  const closed = (): void => refuse('closed the connection', 'ECONNRESET')
  const read = (data: Buffer): void => {
    answer = Buffer.concat([answer, data])
    const end = answer.indexOf('\r\n\r\n')
    if (end < 0) {
      if (answer.length > LONGEST_ANSWER) refuse('does not answer as a proxy', 'GVENT_PROXY')
      return
    }
    socket.off('data', read).off('error', failed).off('close', closed)
    socket.pause()
    const [line = ''] = answer.toString('latin1').split('\r\n')
    const [, status] = /^HTTP\/1\.\d (\d{3})/.exec(line) ?? []
    if (status?.startsWith('2') !== true) {
      refuse(`answered ${line.replace(/^HTTP\/1\.\d /, '')}`, 'GVENT_PROXY')
      return
    }
    if (answer.length > end + 4) socket.unshift(answer.subarray(end + 4))
    opened(socket)
  }
  socket.on('data', read).on('error', failed).on('close', closed)
  const to = `${hostname}:${port}`
  const credentials = proxyCredentials(proxy)
  const authorization = credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`
  socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization}\r\n`)
}

/** The value of `Proxy-Authorization` for a proxy whose address has a name and a password. @internal */
export function proxyCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function destinationOf({ protocol, hostname, port }: URL): Destination {
  return { protocol, hostname, port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port) }
}

function tooLate({ hostname, port }: Destination, { timeout }: ConnectorOptions): Error {
  const error = new Error(`no connection to ${hostname}:${port} within ${timeout} ms`)
  return Object.assign(error, { code: 'UND_ERR_CONNECT_TIMEOUT' })
}
