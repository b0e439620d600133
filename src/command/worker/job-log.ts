import { call } from '../../scheduler/index.js'
import type { JobCall, JobEvent, Source } from '../../jobs/index.js'
import { oneLine } from '../fetch/report/terminal.js'
import type { Activity, Tally } from './messages.js'

/** How long a trouble with the engine is reported after it was seen, in milliseconds: it is asked again before that. */
const RECENT = 15_000

const ends = {
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  retry: 'retried',
  dead: 'dead',
  returned: 'returned',
  lost: 'lost',
} as const

/** Keeps what the jobs of this process do: for the supervisor, and line by line. */
export class JobLog {
  /** By the ids of the jobs that were taken. */
  private readonly calls = new Map<string, string>()
  private readonly running = new Map<string, { call: string; attempt: number; since: number }>()
  private readonly tally: Tally = { done: 0, failed: 0, cancelled: 0, retried: 0, dead: 0, returned: 0, lost: 0 }
  private trouble: { text: string; at: number } | undefined

  /** @param level `'quiet'` prints nothing, `'verbose'` also what goes well. */
  constructor(private readonly level: 'quiet' | 'usual' | 'verbose') {}

  /** The same source, of whose jobs it is known from now on which functions they call. */
  watch(source: Source): Source {
    const { calls } = this
    return {
      ...source,
      take: (max) =>
        call(function* () {
          const deliveries = yield* source.take(max)
          for (const { id, data } of deliveries) calls.set(id, String((Object(data) as Partial<JobCall>).call))
          return deliveries
        }),
    }
  }

  /** For `onEvent` of `consume`. */
  readonly note = (event: JobEvent): void => {
    if (event.type === 'started') {
      const { id, attempt } = event
      this.running.set(id, { call: this.calls.get(id) ?? '', attempt, since: performance.now() })
      this.trouble = undefined
    } else if (event.type !== 'trouble') {
      this.running.delete(event.id)
      this.calls.delete(event.id)
      this.tally[ends[event.type]]++
    } else if (event.during === 'take') this.trouble = { text: textOf(event.error), at: performance.now() }
    const line = lineOf(event)
    const isUsual = event.type === 'retry' || event.type === 'dead' || event.type === 'lost' || event.type === 'trouble'
    if (this.level === 'verbose' || (isUsual && this.level === 'usual')) {
      process.stderr.write(`gvent worker: ${oneLine(line)}\n`)
    }
  }

  /** Describes what happens now. */
  get activity(): Activity {
    const now = performance.now()
    const running = Array.from(this.running, ([id, { since, ...each }]) => {
      return { id, ...each, for: Math.round(now - since) }
    })
    const { trouble, tally } = this
    const isRecent = trouble !== undefined && now - trouble.at < RECENT
    return { running, tally: { ...tally }, trouble: isRecent ? trouble.text : undefined }
  }
}

function lineOf(event: JobEvent): string {
  switch (event.type) {
    case 'started':
      return `job ${event.id}: begins${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`
    case 'done':
      return `job ${event.id}: done`
    case 'retry':
      return `job ${event.id}: attempt ${event.attempt} failed, again in ${Math.round(event.delay)} ms: ${textOf(event.error)}`
    case 'dead':
      return `job ${event.id}: dead after attempt ${event.attempt}: ${textOf(event.error)}`
    case 'failed':
      return `job ${event.id}: failed, as its caller knows: ${textOf(event.error)}`
    case 'cancelled':
      return `job ${event.id}: cancelled`
    case 'returned':
      return `job ${event.id}: given back`
    case 'lost':
      return `job ${event.id}: its lease is over, another worker has it`
    case 'trouble':
      return `${event.during}${event.id === undefined ? '' : ` of job ${event.id}`} failed, and is tried again: ${textOf(event.error)}`
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
