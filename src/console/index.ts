import '../io/node/node-host.js'

export { trace, type Trace, type TraceOptions, type TraceStartOptions } from './trace.js'
export type { TraceSummary } from '../io/observing/recording/trace-file.js'
export { serveConsole, ServedConsole, type ConsoleOptions } from './page/serve-console.js'
export type { ConsoleAddress } from './page/page-worker.js'
