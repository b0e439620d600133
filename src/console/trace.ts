import { checkCount } from '../scheduler/checks/check-count.js'
import { checkDuration } from '../scheduler/checks/check-duration.js'
import { checkOptions } from '../scheduler/checks/check-options.js'
import { misuse } from '../scheduler/checks/errors.js'
import { call } from '../scheduler/greenlets/call.js'
import type { Coroutine } from '../scheduler/kernel/frames.js'
import type { Operation } from '../scheduler/kernel/operation.js'
import { until } from '../scheduler/kernel/until.js'
import { sleep } from '../scheduler/waits/sleep.js'
import { badArgument } from '../scheduler/checks/bad-argument.js'
import { FlightRecorder } from '../io/observing/recording/flight-recorder.js'
import { Ring } from '../io/observing/recording/ring.js'
import type { TraceSummary } from '../io/observing/recording/trace-file.js'

/** Options of {@link trace}. */
export interface TraceOptions {
  /** How long to record, in milliseconds. */
  for: number
  /** The file to write: JSON, or JSON with gzip when its name ends in `.gz`. */
  output: string
  /**
   * How many events are kept, the latest: 262,144 unless given, which take 8 MB. It is rounded up to a power of two.
   */
  events?: number | undefined
}

/** Options of {@link Trace.start}. */
export interface TraceStartOptions {
  /**
   * The file to write, `trace.json` unless given. Traces that are written by themselves get a number: `trace-1.json`.
   */
  output?: string | undefined
  /** How many milliseconds before it is written a trace covers: 10,000 unless given. */
  last?: number | undefined
  /**
   * How many events are kept, the latest: 262,144 unless given, which take 8 MB. It is rounded up to a power of two.
   */
  events?: number | undefined
  /**
   * When a trace is written by itself: at signals, such as `'SIGUSR2'`; and, for `'lost-error'`, when an error that
   * ended a greenlet was observed by nobody.
   */
  on?: readonly (NodeJS.Signals | 'lost-error')[] | undefined
}

/** See {@link trace}. */
export interface Trace {
  /**
   * Records for a time, and writes the trace.
   *
   * @throws Node's error when the file cannot be written; TypeError while another recording of this thread is running.
   * Cancel safety: a recording that is given up ends, and nothing is written.
   */
  (options: TraceOptions): Operation<TraceSummary>
  /**
   * Begins to record: what came last is kept until {@link Trace.write} or {@link Trace.stop}.
   *
   * @throws TypeError when it is recording already.
   */
  start(options?: TraceStartOptions): void
  /**
   * Writes what came last, and goes on recording. It is written at once, whether something waits for it or not.
   *
   * @param output the file, unless it is that of {@link Trace.start}.
   * @throws TypeError when nothing is recorded; Node's error when the file cannot be written.
   * Cancel safety: the file is written anyway.
   */
  write(output?: string): Operation<TraceSummary>
  /**
   * The same, and ends the recording.
   *
   * Cancel safety: the file is written anyway.
   */
  stop(output?: string): Operation<TraceSummary>
  /** Whether it is recording. */
  readonly recording: boolean
}

let recorder: FlightRecorder | undefined

/**
 * Records what greenlets do, and writes it as a trace that [Perfetto](https://ui.perfetto.dev) draws: a track for each
 * greenlet with when it ran and what it waited for, an arrow from the one that woke to the one that was woken, kills,
 * timeouts, turns of the hub, requests and fetches. With more than 500 greenlets there is a track for each group of
 * them, and for the hundred busiest.
 *
 * ```ts
 * await trace({ for: 5000, output: 'trace.json' })
 * ```
 *
 * ```ts
 * trace.start({ on: ['SIGUSR2', 'lost-error'] })   // a flight recorder: the last ten seconds before it went wrong
 * ```
 *
 * The environment variable `GVENT_TRACE=SIGUSR2` does the latter, and `npx gvent trace PID` the former to any process.
 * It costs about 50 ns for each step of a greenlet while it records, and nothing otherwise.
 */
export const trace: Trace = Object.defineProperty(
  Object.assign(
    (options: TraceOptions): Operation<TraceSummary> => {
      checkOptions(options, { own: ['for', 'output', 'events'] })
      checkDuration(options.for, 'trace({ for })')
      checkOutput(options.output, 'trace({ output })')
      return call(() => record(options))
    },
    {
      start(options: TraceStartOptions = {}): void {
        checkOptions(options, { own: ['output', 'last', 'events', 'on'] })
        const { output, last, events, on } = options
        if (output !== undefined) checkOutput(output, 'trace.start({ output })')
        if (last !== undefined) checkDuration(last, 'trace.start({ last })')
        begin({ output, last, events: capacityOf(events, 'trace.start({ events })'), on })
      },
      write(output?: string): Operation<TraceSummary> {
        if (output !== undefined) checkOutput(output, 'trace.write(output)')
        return until(running('trace.write()').write(output))
      },
      stop(output?: string): Operation<TraceSummary> {
        if (output !== undefined) checkOutput(output, 'trace.stop(output)')
        const written = running('trace.stop()').write(output)
        end()
        return until(written)
      },
    },
  ),
  'recording',
  { get: () => recorder !== undefined },
) as Trace

function* record({ for: milliseconds, output, events }: TraceOptions): Coroutine<TraceSummary> {
  const own = begin({ events: capacityOf(events, 'trace({ events })') })
  try {
    yield* sleep(milliseconds)
    return yield* until(own.write(output, Infinity))
  } finally {
    if (recorder === own) end()
  }
}

function begin(options: ConstructorParameters<typeof FlightRecorder>[0]): FlightRecorder {
  if (recorder !== undefined) throw misuse(new TypeError('a trace is being recorded already: trace.stop() ends it'))
  recorder = new FlightRecorder(options)
  return recorder
}

function running(call: string): FlightRecorder {
  if (recorder === undefined) throw misuse(new TypeError(`${call}: nothing is being recorded; trace.start() begins`))
  return recorder
}

function end(): void {
  recorder?.stop()
  recorder = undefined
}

function capacityOf(events: number | undefined, what: string): number | undefined {
  if (events === undefined) return undefined
  checkCount(events, what, 1)
  return 2 ** Math.ceil(Math.log2(Math.min(events, Ring.most)))
}

function checkOutput(output: unknown, what: string): void {
  if (typeof output !== 'string' || output === '') throw badArgument(what, 'the name of a file', output)
}
