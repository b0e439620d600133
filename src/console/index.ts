import '../io/node/node-host.js'

export { trace, type Trace, type TraceOptions, type TraceStartOptions } from './trace.js'
export type { TraceSummary } from '../io/observing/recording/trace-file.js'
