import { fetchChannels, requestChannels, type Exchange } from '../io/observing/events/exchange.js'
import { metrics } from './metrics/metrics.js'

/** The part of `@opentelemetry/api` that is used: pass the whole of it. */
export interface OpenTelemetryAPI {
  /** The active context. */
  readonly context: {
    active(): unknown
    with(context: never, fn: () => void): void
  }
  /** Reads the context out of headers. */
  readonly propagation: { extract(context: never, carrier: object): unknown }
  /** Makes spans. */
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: object, context: never): Span
    }
    setSpan(context: never, span: never): unknown
    getSpan(context: never): unknown
  }
  /** Makes instruments. */
  readonly metrics: {
    getMeter(name: string): {
      createObservableGauge(name: string, options?: object): unknown
      createObservableCounter(name: string, options?: object): unknown
      createHistogram(name: string, options?: object): { record(value: number, attributes?: object): void }
      addBatchObservableCallback(callback: (result: BatchResult) => void, observables: never[]): void
      removeBatchObservableCallback(callback: (result: BatchResult) => void, observables: never[]): void
    }
  }
}

interface Span {
  setAttribute(name: string, value: string | number): unknown
  setStatus(status: { code: number; message?: string }): unknown
  recordException(error: never): void
  end(): void
}

interface BatchResult {
  observe(observable: never, value: number): void
}

const SERVER = 1
const CLIENT = 2
const ERROR = 2

/**
 * Makes spans of requests and fetches, and metrics, for OpenTelemetry. The span of a request is the active one in its handler and in
 * all that this spawns, so that fetches, and the spans of other instrumentations, are below it.
 *
 * ```ts
 * import * as api from '@opentelemetry/api'
 *
 * openTelemetry(api)
 * ```
 *
 * Names are those of OpenTelemetry's conventions for HTTP. It stands on the diagnostics channels alone.
 *
 * @param api the module `@opentelemetry/api` of the program, with its providers registered.
 * @returns a function that ends it.
 */
export function openTelemetry(api: OpenTelemetryAPI): () => void {
  const tracer = api.trace.getTracer('gvent')
  const meter = api.metrics.getMeter('gvent')
  const spans = new WeakMap<object, Span>()
  const kinds = [
    { channels: requestChannels(), kind: SERVER, name: 'http.server.request.duration' },
    { channels: fetchChannels(), kind: CLIENT, name: 'http.client.request.duration' },
  ]
  const stops = kinds.map(({ channels, kind, name }) => {
    const histogram = meter.createHistogram(name, { unit: 's' })
    return channels.subscribe(
      (exchange) => {
        spans.set(exchange, begin(exchange, kind))
      },
      (exchange) => {
        const { method, status, milliseconds } = exchange
        histogram.record(milliseconds / 1000, {
          'http.request.method': method,
          ...(status === 0 ? {} : { 'http.response.status_code': status }),
        })
        finish(spans.get(exchange), exchange, kind)
      },
    )
  })
  const alive = meter.createObservableGauge('gvent.greenlets.alive')
  const made = meter.createObservableCounter('gvent.greenlets.made')
  const lost = meter.createObservableCounter('gvent.lost_errors')
  const delay = meter.createObservableGauge('gvent.event_loop.delay.p99', { unit: 's' })
  const observables = [alive, made, lost, delay] as never[]
  const observe = (result: BatchResult): void => {
    const { greenlets, lostErrors, loop } = metrics()
    result.observe(alive as never, greenlets.alive)
    result.observe(made as never, greenlets.made)
    result.observe(lost as never, lostErrors)
    result.observe(delay as never, loop.delay.p99 / 1000)
  }
  meter.addBatchObservableCallback(observe, observables)
  stops.push(() => {
    meter.removeBatchObservableCallback(observe, observables)
  })
  return () => {
    for (const stop of stops) stop()
  }

  function begin(exchange: Exchange, kind: number): Span {
    const { method, url, headers } = exchange
    const active = api.context.active() as never
    const context = headers === undefined ? active : (api.propagation.extract(active, headers) as never)
    const address = kind === SERVER ? { 'url.path': url } : { 'url.full': url }
    const span = tracer.startSpan(method, { kind, attributes: { 'http.request.method': method, ...address } }, context)
    if (kind === SERVER) {
      const inside = api.trace.setSpan(context, span as never) as never
      exchange.enter = (begin) => {
        api.context.with(inside, begin)
      }
    }
    return span
  }

  function finish(span: Span | undefined, { status, error }: Exchange, kind: number): void {
    // One that began before.
    if (span === undefined) return
    if (status !== 0) span.setAttribute('http.response.status_code', status)
    if (error !== undefined) span.recordException(error as never)
    if (error !== undefined || status >= (kind === SERVER ? 500 : 400)) span.setStatus({ code: ERROR })
    span.end()
  }
}
