import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { fetch, HTTPServer, run, sleep, spawn } from 'gvent'
import { openTelemetry } from 'gvent/console'

const spans = new InMemorySpanExporter()
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 })],
})
api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
api.metrics.setGlobalMeterProvider(meters)
const stop = openTelemetry(api)
after(async () => {
  stop()
  await meters.shutdown()
})

test('requests and fetches are spans, below the span in which they began', async () => {
  const inner = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* inner() {
    yield* sleep(0)
    return new Response('inner')
  })
  await inner.start()
  const outer = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* outer() {
    yield* sleep(0)
    const { port } = inner.address() as AddressInfo
    return yield* spawn(function* work() {
      const span = api.trace.getTracer('program').startSpan('work')
      const response = yield* fetch(`http://127.0.0.1:${port}/inner?token=secret`)
      const text = yield* response.text()
      span.end()
      return new Response(text)
    })
  })
  await outer.start()
  await run(function* () {
    const { port } = outer.address() as AddressInfo
    yield* (yield* fetch(`http://127.0.0.1:${port}/outer`)).text()
  })
  await outer.stop()
  await inner.stop()
  const finished = spans.getFinishedSpans()
  const request = finished.find(
    ({ kind, attributes }) => kind === api.SpanKind.SERVER && attributes['url.path'] === '/outer',
  )!
  assert.equal(request.name, 'GET')
  assert.equal(request.attributes['http.response.status_code'], 200)
  const below = finished.filter(({ parentSpanContext }) => parentSpanContext?.spanId === request.spanContext().spanId)
  assert.deepEqual(below.map(({ name }) => name).sort(), ['GET', 'work'])
  const fetched = below.find(({ name }) => name === 'GET')!
  assert.match(String(fetched.attributes['url.full']), /^http:\/\/127\.0\.0\.1:\d+\/inner$/)
})

test('numbers are metrics', async () => {
  await meters.forceFlush()
  const names = measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .map(({ descriptor }) => descriptor.name)
  for (const name of [
    'gvent.greenlets.alive',
    'gvent.greenlets.made',
    'gvent.lost_errors',
    'http.server.request.duration',
    'http.client.request.duration',
  ]) {
    assert.ok(names.includes(name), `${name} is missing among ${names.join()}`)
  }
})
