export { signalHandler, SignalHandler } from './signal-handler.js'
export type { Signal } from './signal-name.js'
export { waitSignal } from './wait-signal.js'
