import { constants } from 'node:os'
import { badArgument } from '../../../scheduler/checks/bad-argument.js'
import { thread } from '../../../scheduler/kernel/thread.js'
import { watchLostErrors } from '../events/messages.js'
import { watchHub } from '../events/hub-events.js'
import { Recorder } from './recorder.js'
import type { TraceSummary } from './trace-file.js'
import { writeRecording } from './write-recording.js'

/** How many milliseconds before a trigger are written, unless said otherwise. */
const LAST = 10_000
/** So many traces are written at most for lost errors: a program that fails all the time must not fill the disk. */
const MOST_FOR_ERRORS = 10

const EXAMPLE = process.platform === 'win32' ? 'SIGBREAK' : 'SIGUSR2'

export interface FlightRecorderOptions {
  /** The file; a number is put before its suffix for each trace that is written by itself. */
  readonly output?: string | undefined
  /** How many milliseconds are written. */
  readonly last?: number | undefined
  /** How many events are kept: a power of two. */
  readonly events?: number | undefined
  /** When a trace is written by itself: at signals, and at errors that were not observed. */
  readonly on?: readonly string[] | undefined
}

/** Records all the time, and writes what was last when something goes wrong. */
export class FlightRecorder {
  private readonly recorder: Recorder
  private readonly output: string
  private readonly last: number
  private readonly stops: (() => void)[] = []
  private written = 0
  private writtenForErrors = 0
  private writtenAt = -Infinity

  /** Begins at once. @throws TypeError when `on` names what is no signal. */
  constructor({ output = 'trace.json', last = LAST, events, on = [] }: FlightRecorderOptions) {
    for (const each of on) {
      if (each !== 'lost-error' && !(each in constants.signals))
        throw badArgument('trace.start({ on })', `'lost-error' and names of signals such as '${EXAMPLE}'`, each)
    }
    this.recorder = new Recorder(thread, events)
    this.output = output
    this.last = last
    for (const each of on) this.stops.push(each === 'lost-error' ? this.onLostError() : this.onSignal(each))
  }

  private onSignal(signal: string): () => void {
    const listener = (): void => {
      this.writeNext()
    }
    process.on(signal, listener)
    return () => {
      process.off(signal, listener)
    }
  }

  // One trace shows all that fail together.
  private onLostError(): () => void {
    return watchHub(
      watchLostErrors(() => {
        if (performance.now() - this.writtenAt < this.last || this.writtenForErrors === MOST_FOR_ERRORS) return
        this.writtenForErrors++
        this.writeNext()
      }),
    )
  }

  private writeNext(): void {
    const { hub } = thread
    this.writtenAt = performance.now()
    const output = this.output.replace(/(?:\.trace)?(?:\.json)?(?:\.gz)?$/, (suffix) => `-${++this.written}${suffix}`)
    this.write(output).then(
      ({ milliseconds }) => {
        hub.platform.report(`gvent: the last ${(milliseconds / 1000).toFixed(1)} s are in ${output}`)
      },
      (error: unknown) => {
        hub.report(`gvent: the trace ${output} could not be written`, error)
      },
    )
  }

  /** Writes what was recorded, and goes on. */
  write(output: string = this.output, last: number = this.last): Promise<TraceSummary> {
    return writeRecording(output, this.recorder.take(last))
  }

  /** Ends it. */
  stop(): void {
    for (const stop of this.stops.splice(0)) stop()
    this.recorder.stop()
  }
}
