import './node-host.js'

export { watchBlocking, type WatchBlockingOptions } from './diagnostics/blocked-loop.js'
export { dumpOnSignal } from './diagnostics/dump-signal.js'
export type { Chunks } from './chunks.js'
export { fetch, type FetchOptions } from './fetch.js'
export type { GreenResponse } from './green-response.js'
export type { Lines, LinesOptions } from './lines.js'
export type { RetryOptions } from './retry.js'
export type { UploadBody } from './upload.js'
export { greenify, type Green, type Greenified } from './greenify.js'
export type { Address } from './address.js'
export { BaseServer, type BaseServerOptions, type BaseServerStats, type StopOptions } from './base-server.js'
export { ConnectionServer, type ServerOptions, type ServerStats } from './connection-server.js'
export { DatagramServer, type DatagramHandler, type DatagramServerOptions } from './datagram-server.js'
export {
  DatagramSocket,
  type BindOptions,
  type Datagram,
  type DatagramOptions,
  type Destination,
} from './datagram-socket.js'
export * from './cluster/index.js'
export { connect, type ConnectOptions } from './connect.js'
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
} from './dns.js'
export { listen, Listener, type ListenerStats, type ListenOptions } from './listener.js'
export * from './signals/index.js'
export { Socket, type DelimiterOptions } from './socket.js'
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
} from './socket-errors.js'
export type { StartTLSOptions } from './start-tls.js'
export { StreamServer, type ConnectionHandler } from './stream-server.js'
export * as subprocess from './subprocess/index.js'
export * from './threads/index.js'
export * from './wsgi/index.js'
export type { WorkSource, WorkStats } from './work-source.js'
