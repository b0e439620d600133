import { hideKnownSecrets } from '../../io/diagnostics/hide-secrets.js'
import { BOUNDS, type DurationSeries } from './durations.js'
import { metrics, type Metrics } from './metrics.js'

/** The media type of {@link openMetrics}. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

type Labels = Readonly<Record<string, string | number>>
type Samples = readonly (readonly [suffix: string, labels: Labels, value: number])[]

/**
 * Gives the {@link metrics} as OpenMetrics text, which Prometheus and its like read.
 *
 * @param from what to render: metrics that are taken now, unless given.
 */
export function openMetrics(from: Metrics = metrics()): string {
  const { greenlets, timers, outside, kills, lostErrors, loop, garbageCollection, heap, memory, things } = from
  const one = (value: number): Samples => [['', {}, value]]
  const total = (value: number): Samples => [['_total', {}, value]]
  const { p50, p99, max } = loop.delay
  const families = [
    family('gvent_greenlets_made', 'counter', 'Greenlets created.', total(greenlets.made)),
    family('gvent_greenlets_ended', 'counter', 'Greenlets that have ended.', total(greenlets.ended)),
    family('gvent_greenlets_alive', 'gauge', 'Greenlets that were started and have not ended.', one(greenlets.alive)),
    family('gvent_timers', 'gauge', 'Timers that are set.', one(timers)),
    family('gvent_outside_waits', 'gauge', 'Waits of code outside greenlets.', one(outside)),
    family('gvent_kills', 'counter', 'Kills.', total(kills)),
    family('gvent_lost_errors', 'counter', 'Unobserved errors that ended a greenlet.', total(lostErrors)),
    family(
      'gvent_event_loop_utilization_ratio',
      'gauge',
      'Share of the time the event loop was busy.',
      one(loop.utilization),
    ),
    family('gvent_event_loop_delay_seconds', 'gauge', 'Delay of the event loop.', [
      ['', { quantile: '0.5' }, p50 / 1000],
      ['', { quantile: '0.99' }, p99 / 1000],
      ['', { quantile: '1' }, max / 1000],
    ]),
    family('gvent_gc_seconds', 'counter', 'Time spent in garbage collection.', total(garbageCollection / 1000)),
    family('gvent_heap_bytes', 'gauge', 'The heap in use.', one(heap)),
    family('gvent_memory_bytes', 'gauge', 'Resident memory.', one(memory)),
    durations('gvent_request_duration_seconds', 'Requests that servers have answered.', from.requests),
    durations('gvent_fetch_duration_seconds', 'Fetches, up to the response.', from.fetches),
    family(
      'gvent_waiting',
      'gauge',
      'Greenlets that wait for a lock, a queue or the like.',
      Array.from(waitingByName(things), ([key, waiting]) => {
        const [kind, name] = JSON.parse(key) as [string, string]
        return ['', { kind, name }, waiting] as const
      }),
    ),
  ]
  return `${families.join('')}# EOF\n`
}

// A set of labels may be there once, and two things may be called the same.
function waitingByName(things: Metrics['things']): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { kind, name, waiting } of things) {
    const key = JSON.stringify([kind, hideKnownSecrets(name)])
    sums.set(key, (sums.get(key) ?? 0) + waiting)
  }
  return sums
}

function durations(name: string, help: string, series: readonly DurationSeries[]): string {
  return family(
    name,
    'histogram',
    help,
    series.flatMap(({ method, status, count, milliseconds, buckets }) => {
      const labels = { method, status }
      return [
        ...buckets.map((value, index) => ['_bucket', { ...labels, le: boundText(BOUNDS[index]!) }, value] as const),
        ['_bucket', { ...labels, le: '+Inf' }, count] as const,
        ['_count', labels, count] as const,
        ['_sum', labels, milliseconds / 1000] as const,
      ]
    }),
  )
}

function family(name: string, type: string, help: string, samples: Samples): string {
  const unit = /_(seconds|bytes|ratio)$/.exec(name)?.[1]
  return [
    `# TYPE ${name} ${type}\n`,
    unit === undefined ? '' : `# UNIT ${name} ${unit}\n`,
    `# HELP ${name} ${help}\n`,
    ...samples.map(([suffix, labels, value]) => `${name}${suffix}${textOf(labels)} ${value}\n`),
  ].join('')
}

/** A bound is written as a floating number. */
function boundText(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound)
}

function textOf(labels: Labels): string {
  const entries = Object.entries(labels)
  if (entries.length === 0) return ''
  const escaped = (value: string): string => value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
  return `{${entries.map(([name, value]) => `${name}="${escaped(String(value))}"`).join(',')}}`
}
