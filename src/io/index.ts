import './node/node-host.js'

export { watchBlocking, type WatchBlockingOptions } from './diagnostics/blocked-loop.js'
export { dumpOnSignal } from './diagnostics/dump-signal.js'
export type { Chunks } from './fetch/chunks.js'
export { Connections, type ConnectionsOptions, type ConnectionTimes } from './fetch/connections.js'
export { environmentProxy } from './fetch/environment-proxy.js'
export { fetch, type FetchOptions } from './fetch/fetch.js'
export type { GreenResponse } from './fetch/green-response.js'
export type { Lines, LinesOptions } from './fetch/lines.js'
export type { FetchRetryOptions } from './fetch/retry.js'
export type { UploadBody } from './fetch/upload.js'
export { greenify, type Chained, type Green, type Greenified, type GreenifyOptions } from './greenify.js'
export type { Address } from './net/address.js'
export { BaseServer } from './servers/base-server.js'
export type { BaseServerOptions, BaseServerStats, StopOptions } from './servers/base-server-options.js'
export { ConnectionServer, type ServerOptions, type ServerStats } from './servers/connection-server.js'
export { DatagramServer, type DatagramHandler, type DatagramServerOptions } from './servers/datagram-server.js'
export type { BindOptions, DatagramOptions, Destination } from './net/datagrams/datagram-options.js'
export type { Datagram } from './net/datagrams/datagram-operations.js'
export { DatagramSocket } from './net/datagrams/datagram-socket.js'
export * from './cluster/index.js'
export { connect, type ConnectOptions } from './net/connect.js'
export { socketpair } from './net/socketpair.js'
export * from './http/index.js'
export {
  lookup,
  lookupService,
  resolve,
  resolve4,
  resolve6,
  resolveAny,
  resolveCaa,
  resolveCname,
  resolveMx,
  resolveNaptr,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTxt,
  reverse,
  type Records,
  type ResolveOptions,
} from './net/dns.js'
export * from './monitoring/index.js'
export { outputLost, type LostOutput } from './node/process/standard-output.js'
export type { ListenOptions } from './net/listening/listen-options.js'
export { listen } from './net/listening/listen.js'
export { Listener, type ListenerStats } from './net/listening/listener.js'
export * from './signals/index.js'
export { Socket, type DelimiterOptions } from './net/socket.js'
export {
  ClosedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  IncompleteReadError,
  LimitError,
  LookupError,
  TLSError,
  type SystemError,
} from './net/socket-errors.js'
export type { StartTLSOptions } from './net/start-tls.js'
export { StreamServer, type ConnectionHandler } from './servers/stream-server.js'
export * as subprocess from './subprocess/index.js'
export * from './threads/index.js'
export * from './wsgi/index.js'
export type { WorkSource, WorkStats } from './net/work-source.js'
