import { spawn } from '../../scheduler/greenlets/spawn.js'
import { Watch } from '../../scheduler/queues/watch.js'
import { until } from '../../scheduler/kernel/until.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Connection } from '../attach/connection.js'
import { AttachError, NoAnswerError } from '../attach/connection.js'
import { Reader, type Reading, type Run } from '../reader.js'

/** An event for the open pages. */
export type News =
  | { readonly kind: 'reading'; readonly reading: Reading }
  | { readonly kind: 'silence'; readonly text: string }
  | { readonly kind: 'end'; readonly text: string }

/** Which greenlets ran, and when somebody looked. */
export interface Recent {
  runs: Run[]
  periods: Reading['period'][]
}

/** Milliseconds of a reading. */
const PERIOD = 1000
/** So many milliseconds of runs are kept for those who come later. */
const KEPT = 60_000

/** Reads the program while somebody looks, once for all of them. */
export class Feed {
  readonly news: Watch<News | undefined> = new Watch<News | undefined>(undefined)
  /** The samples of the last minute. */
  readonly recent: Recent = { runs: [], periods: [] }
  private viewers = 0
  private reading: Greenlet | null = null
  private readonly reader: Reader

  constructor(connection: Connection) {
    this.reader = new Reader(connection)
  }

  /** Counts one who looks. @returns a function that ends that. */
  enter(): () => void {
    this.viewers++
    if (this.reading === null || this.reading.dead) this.reading = spawn(() => this.readOn())
    return () => {
      this.viewers--
    }
  }

  stop(): void {
    this.viewers = 0
    this.reading?.kill()
  }

  private remember({ runs, period }: Reading): void {
    const { recent } = this
    const begin = period[1] - KEPT
    recent.runs = [...recent.runs.filter(([, , end]) => end > begin), ...runs]
    recent.periods = [...recent.periods.filter(([, end]) => end > begin), period]
  }

  private *readOn(): Coroutine<void> {
    while (this.viewers > 0) {
      try {
        const reading = yield* until(this.reader.read(PERIOD))
        this.remember(reading)
        this.news.set({ kind: 'reading', reading })
      } catch (error) {
        if (!(error instanceof AttachError)) throw error
        if (!(error instanceof NoAnswerError)) {
          this.news.set({ kind: 'end', text: error.message })
          return
        }
        this.news.set({ kind: 'silence', text: error.message })
      }
    }
  }
}
