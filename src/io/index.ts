import './node-host.js'

export { watchBlocking, type WatchBlockingOptions } from './diagnostics/blocked-loop.js'
export { dumpOnSignal } from './diagnostics/dump-signal.js'
export { fetch, type FetchOptions } from './fetch.js'
export type { GreenResponse } from './green-response.js'
export { greenify, type Green, type Greenified } from './greenify.js'
