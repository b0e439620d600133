import { setTimeout as pause } from 'node:timers/promises'
import { hideSecrets } from '../io/diagnostics/hide-secrets.js'
import { UNLOADED } from '../io/observing/questions.js'
import type { Snapshot } from '../io/observing/snapshot.js'
import type { Warning } from '../io/observing/warnings.js'
import type { Sample } from '../io/observing/sampler.js'
import type { Presence } from './attach/attach.js'
import { growthWarnings, READINGS } from './growth.js'
import type { Connection } from './attach/connection.js'

/** A snapshot, and what only one who looks twice can know. Rates are those of this reader alone. */
export interface Reading extends Snapshot {
  readonly rates: {
    /** Greenlets a second. */
    readonly made: number
    readonly ended: number
    /** How much of the time went into garbage collection, from 0 to 1. */
    readonly gc: number
  }
  /** How much of the time the greenlets of a group ran, from 0 to 1, by its key. */
  readonly busy: Record<string, number>
  /** The same of single greenlets, by id. */
  readonly busyGreenlets: Record<number, number>
  /** By how much a group has grown in the last ten seconds, by its key. */
  readonly grown: Record<string, number>
  /** Which greenlets were seen running since the last reading, in the order of time. */
  readonly runs: Run[]
  /** When the reading began and ended, in milliseconds of the reader's clock; runs are of the same. */
  readonly period: readonly [begin: number, end: number]
  /** Where the thread hangs; `null` when its loop comes round. */
  readonly blocked: Blockage | null
}

/** A greenlet that was seen running: its id, from when and until when. */
export type Run = [id: number, begin: number, end: number]

/** A thread that does not come back to its loop. */
export interface Blockage {
  readonly milliseconds: number
  /** Which greenlet runs; empty for code outside of greenlets. */
  readonly running: string
  readonly stack: readonly string[]
}

/** Milliseconds between two samples of what runs. Node 26 loses up to 2 ms in each, as it is interrupted. */
const SAMPLING = 25
/** Growth is that over so many milliseconds. */
const WINDOW = 10_000
/** A loop that has not come round for so many milliseconds is blocked. */
const BLOCKED = 1000
/** An answer that takes so many milliseconds does not come: the thread is in native code. */
const PATIENCE = 10_000
/** Of a program with so many greenlets that a snapshot takes long, it is taken more seldom: it costs one part of so many. */
const SHARE = 25
/** But not more seldom than that, in milliseconds. */
const LONGEST = 5000

/** Looks at a process again and again. */
export class Reader {
  private readonly history: Snapshot[] = []
  /** How long the last snapshot took, in milliseconds. */
  private cost = 0

  constructor(private readonly connection: Pick<Connection, 'ask'>) {}

  /**
   * Samples for so many milliseconds, and longer where there is very much to look at; then takes a snapshot.
   *
   * @throws AttachError when the process has ended, or does not answer.
   */
  async read(milliseconds: number): Promise<Reading> {
    if (this.history.length === 0) this.history.push(await this.snapshot())
    const begin = performance.now()
    const runs: Run[] = []
    const blocked = await this.sample(begin + Math.max(milliseconds, Math.min(this.cost * SHARE, LONGEST)), runs)
    const blockage = blocked < BLOCKED ? null : await this.blockage(blocked)
    const current = await this.snapshot()
    const last = this.history.at(-1)!
    this.history.push(current)
    while (this.history.length > READINGS && current.time - this.history[1]!.time >= WINDOW) this.history.shift()
    return { ...this.compare(last, current), runs, period: [begin, performance.now()], blocked: blockage }
  }

  /** @returns for how long the loop of the thread has not come round, in milliseconds. */
  private async sample(end: number, runs: Run[]): Promise<number> {
    let blocked = 0
    for (let now = performance.now(); now < end; now = performance.now()) {
      const [id, since] = (await this.ask('sample')) as Sample
      blocked = since
      const run = runs.at(-1)
      if (run?.[0] === id && now - run[2] < 3 * SAMPLING) run[2] = now
      else if (id !== 0) runs.push([id, now, now + SAMPLING])
      await pause(SAMPLING)
    }
    return blocked
  }

  private async blockage(milliseconds: number): Promise<Blockage> {
    const { running, stack } = (await this.ask('presence')) as Presence
    return { milliseconds, running: hideSecrets(running), stack: stack.map(hideSecrets) }
  }

  private ask(method: string): Promise<unknown> {
    return this.connection.ask(method, undefined, PATIENCE)
  }

  private async snapshot(): Promise<Snapshot> {
    const begun = performance.now()
    let answer = await this.ask('snapshot')
    if (answer === UNLOADED) {
      await this.ask('load')
      answer = await this.ask('snapshot')
    }
    this.cost = performance.now() - begun
    return answer as Snapshot
  }

  private compare(last: Snapshot, current: Snapshot): Omit<Reading, 'runs' | 'period' | 'blocked'> {
    const elapsed = Math.max(1, current.time - last.time)
    const samples = Math.max(1, current.samples - last.samples)
    const before = new Map(last.groups.map(({ key, samples: count }) => [key, count]))
    const ran = new Map(last.busiest.map(({ id, samples: count }) => [id, count]))
    const first = new Map(this.history[0]!.groups.map(({ key, alive }) => [key, alive]))
    return {
      ...current,
      warnings: [...current.warnings, ...longRuns(current), ...growthWarnings(this.history)],
      rates: {
        made: ((current.counts.made - last.counts.made) * 1000) / elapsed,
        ended: ((current.counts.ended - last.counts.ended) * 1000) / elapsed,
        gc: Math.min(1, (current.load.collected - last.load.collected) / elapsed),
      },
      busy: Object.fromEntries(
        current.groups.map(({ key, samples: count }) => [key, (count - (before.get(key) ?? 0)) / samples]),
      ),
      busyGreenlets: Object.fromEntries(
        current.busiest.map(({ id, samples: count }) => [id, (count - (ran.get(id) ?? 0)) / samples]),
      ),
      grown: Object.fromEntries(current.groups.map(({ key, alive }) => [key, alive - (first.get(key) ?? 0)])),
    }
  }
}

function longRuns({ longRuns: runs }: Snapshot): Warning[] {
  return runs.slice(-3).map(({ id, name, milliseconds, running }) => ({
    code: 'GVENT_RAN_LONG',
    text: `${name} #${id} ${running ? 'has been running' : 'ran'} for ${milliseconds} ms without waiting`,
    ids: [id],
  }))
}
