import '../io/node/node-host.js'

export type {
  EndMessage,
  KillMessage,
  LostErrorMessage,
  SlowWaitMessage,
  SpawnMessage,
} from '../io/observing/events/messages.js'
export type { Exchange } from '../io/observing/events/exchange.js'
export type { TraceSummary } from '../io/observing/recording/trace-file.js'
export { serveConsole, ServedConsole, type ConsoleOptions } from './page/serve-console.js'
export type { ConsoleAddress } from './page/page-worker.js'
export type { Thing } from '../io/observing/things.js'
export type { DurationSeries } from './metrics/durations.js'
export { metrics, type Metrics } from './metrics/metrics.js'
export { metricsHandler } from './metrics/metrics-handler.js'
export { openMetrics } from './metrics/open-metrics.js'
export { openTelemetry, type OpenTelemetryAPI } from './open-telemetry.js'
export { trace, type Trace, type TraceOptions, type TraceStartOptions } from './trace.js'
