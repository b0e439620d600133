import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { thread as Thread } from '../../scheduler/kernel/thread.js'
import { codeOf } from './groups.js'

/** A greenlet that ran on and on. */
export interface LongRun {
  readonly id: number
  readonly name: string
  /** For how long it was seen to run, in milliseconds. */
  milliseconds: number
  /** Whether it still ran when it was seen last. */
  running: boolean
}

/** One sample of the greenlet that runs: the greenlet, 0 for none, and for how long the loop has not come round. */
export type Sample = readonly [id: number, blocked: number]

/** A greenlet that is seen to run for so many milliseconds, without a turn of the loop, has run long. */
const LONG = 100
/** So many long runs are remembered. */
const REMEMBERED = 20
/** So many of those that were seen running are kept apart; when there are more, those seen once are forgotten. */
const KEPT = 1000

/**
 * Counts which greenlets are running on request, forty times a second say: that tells busy time without a clock
 * in every step.
 */
export class Sampler {
  /** How often it was asked. */
  total = 0
  readonly byGroup: Map<string, number> = new Map<string, number>()
  readonly byGreenlet: Map<number, { name: string; group: string; count: number }> = new Map<
    number,
    { name: string; group: string; count: number }
  >()
  readonly longRuns: LongRun[] = []
  private last: Greenlet | null = null
  private since = 0
  private run: LongRun | null = null
  private turned = true
  /** When the turn was asked for that has not come. */
  private asked = 0

  constructor(private readonly thread: typeof Thread) {}

  /** Takes one. It may be called in the midst of anything. */
  sample(): Sample {
    this.total++
    const { greenlet, hub } = this.thread
    const now = hub.now()
    if (greenlet === null || greenlet !== this.last || this.turned) {
      if (this.run !== null) this.run.running = false
      this.run = null
      this.last = greenlet
      this.since = now
    }
    if (this.turned) {
      this.turned = false
      this.asked = now
      setImmediate(() => {
        this.turned = true
      })
    }
    if (greenlet !== null) {
      this.count(greenlet)
      if (now - this.since >= LONG) this.noteLongRun(greenlet, now - this.since)
    }
    return [greenlet?.id ?? 0, Math.round(now - this.asked)]
  }

  private count(greenlet: Greenlet): void {
    const { key } = codeOf(greenlet)
    this.byGroup.set(key, (this.byGroup.get(key) ?? 0) + 1)
    const seen = this.byGreenlet.get(greenlet.id)
    if (seen !== undefined) seen.count++
    else this.byGreenlet.set(greenlet.id, { name: greenlet.name, group: key, count: 1 })
    if (this.byGreenlet.size > KEPT) {
      for (const [id, { count }] of this.byGreenlet) if (count === 1) this.byGreenlet.delete(id)
      if (this.byGreenlet.size > KEPT) this.byGreenlet.clear()
    }
  }

  private noteLongRun({ id, name }: Greenlet, milliseconds: number): void {
    if (this.run === null) {
      this.run = { id, name, milliseconds, running: true }
      this.longRuns.push(this.run)
      if (this.longRuns.length > REMEMBERED) this.longRuns.shift()
    }
    this.run.milliseconds = Math.round(milliseconds)
  }
}
