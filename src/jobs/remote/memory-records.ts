import { getHub } from '../../scheduler/index.js'
import {
  LONGEST,
  type Beginning,
  type JobRecord,
  type JobState,
  type Opened,
  type RecordCalls,
} from './record-calls.js'

interface Kept extends JobRecord {
  readonly keep: number
  readonly until: number
}

/** The records of jobs in the memory of this process. @internal */
export class MemoryRecords implements RecordCalls {
  private readonly records = new Map<string, Kept>()

  /** @param announce wakes those who watch a key. */
  constructor(private readonly announce: (key: string) => void) {}

  open(jobs: readonly Opened[]): void {
    for (const { key, keep, delay } of jobs) {
      const state = this.find(key)?.state
      if (state === undefined || state === 'done' || state === 'cancelled') this.note(key, { keep }, LONGEST + delay)
    }
  }

  begin(key: string, attempt: number): Beginning {
    const record = this.find(key)
    const isCancelled = record?.isCancelled === true
    if (!isCancelled) this.note(key, { ...record, state: 'running', attempt, outcome: undefined })
    return { isCancelled, isKept: (record?.keep ?? 0) > 0 }
  }

  pause(key: string): void {
    const record = this.find(key)
    if (record?.state === 'running') this.note(key, { ...record, state: 'waiting' })
  }

  report(key: string, progress: string): void {
    const record = this.find(key)
    if (record !== undefined) this.note(key, { ...record, progress })
  }

  end(key: string, state: JobState, outcome: string): void {
    const record = this.find(key)
    if (record === undefined) return
    if (record.keep > 0) this.note(key, { ...record, state, outcome }, record.keep)
    else this.records.delete(key)
    this.announce(key)
  }

  cancel(key: string): JobState | undefined {
    const record = this.find(key)
    if (record?.state !== 'waiting' && record?.state !== 'running') return undefined
    const state = record.state === 'waiting' ? 'cancelled' : 'running'
    this.note(key, { ...record, state, isCancelled: true })
    this.announce(key)
    return state
  }

  look(keys: readonly string[]): (JobRecord | undefined)[] {
    return keys.map((key) => this.find(key))
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.records.delete(key)
  }

  private note(key: string, known: Partial<Kept>, lasts = LONGEST): void {
    const fresh = { state: 'waiting', attempt: 0, isCancelled: false, progress: undefined, outcome: undefined } as const
    const now = getHub().now()
    // Those that were noted first are in front.
    this.records.delete(key)
    this.records.set(key, { ...fresh, keep: 0, ...known, until: now + lasts })
    for (const [each, { until }] of this.records) {
      if (until > now) break
      this.records.delete(each)
    }
  }

  private find(key: string): Kept | undefined {
    const record = this.records.get(key)
    return record !== undefined && record.until > getHub().now() ? record : undefined
  }
}
