import { Event, PriorityQueue, getHub, type Coroutine } from '../../scheduler/index.js'
import {
  EngineJobs,
  checkEngine,
  type Added,
  type Engine,
  type EngineOptions,
  type Held,
  type Letter,
} from '../engine.js'
import { memoryStore } from '../fleet/memory-store.js'
import type { Jobs } from '../jobs.js'

/** Options of {@link memoryJobs}. */
export type MemoryJobsOptions = Omit<EngineOptions, 'name'>

/**
 * Jobs in the memory of this process: for tests, and to begin with. They end with the process; every other engine takes
 * its place without a change to the worker.
 *
 * ```ts
 * const jobs = memoryJobs<{ to: string }>({ lease: 30_000 })
 * await jobs.add({ to: 'ada@example.org' }, { delay: 1000 })
 * await consume(jobs.source, sendMail)
 * ```
 *
 * @param options `lease` in milliseconds, 30,000 by default; `limit`: how many bytes the JSON of a job may have.
 */
export function memoryJobs<T = unknown>(options: MemoryJobsOptions = {}): Jobs<T> {
  const settings = checkEngine('memoryJobs(options)', options, ['lease', 'limit', 'store'])
  return new EngineJobs<T, Held>(new MemoryEngine(settings.lease), {
    ...settings,
    store: settings.store ?? memoryStore(),
  })
}

interface Entry {
  readonly id: string
  readonly text: string
  readonly seq: number
  attempt: number
  /** When it may be delivered, or when the lease is over. */
  due: number
  /** The delivery that has it. */
  holder: Held | undefined
}

class MemoryEngine implements Engine<Held> {
  private readonly entries = new Map<string, Entry>()
  private readonly waiting = new PriorityQueue<Entry>(Infinity, {
    compare: (one, other) => one.due - other.due || one.seq - other.seq,
  })
  // All leases are of one length: the first in the map is over first.
  private readonly leased = new Map<string, Entry>()
  private readonly buried = new Map<string, Letter>()
  private readonly changed = new Event()
  private made = 0

  constructor(private readonly lease: number) {}

  add(jobs: readonly Added[]): void {
    for (const { id, text, delay } of jobs) {
      if (this.entries.has(id) || this.buried.has(id)) continue
      const entry: Entry = { id, text, seq: ++this.made, attempt: 0, due: 0, holder: undefined }
      this.entries.set(id, entry)
      this.enter(entry, delay)
    }
  }

  /** It stays in the line, and is passed over there. */
  remove(id: string): boolean {
    return !this.leased.has(id) && this.entries.delete(id)
  }

  *take(max: number): Coroutine<Held[]> {
    for (;;) {
      const now = getHub().now()
      this.changed.clear()
      this.expire(now)
      const taken: Held[] = []
      while (taken.length < max && this.nextDue <= now) taken.push(this.handOver(this.waiting.getNowait()))
      if (taken.length > 0) return taken
      yield* this.changed.wait({ timeout: Math.min(this.nextDue, this.firstLeased?.due ?? Infinity) - now })
    }
  }

  ack(held: Held): boolean {
    return this.release(held) && this.entries.delete(held.id)
  }

  giveBack(held: Held, attempt: number, delay: number): boolean {
    const entry = this.entries.get(held.id)!
    if (!this.release(held)) return false
    entry.attempt = attempt
    this.enter(entry, delay)
    return true
  }

  bury(held: Held, error: string): boolean {
    if (!this.ack(held)) return false
    this.buried.set(held.id, { ...held, error, at: new Date() })
    return true
  }

  extend(held: Held): boolean {
    const entry = this.leased.get(held.id)
    if (entry?.holder !== held) return false
    this.hold(entry)
    return true
  }

  list(count: number): Letter[] {
    return Array.from(this.buried.values()).slice(0, count)
  }

  look(id: string): Letter | undefined {
    return this.buried.get(id)
  }

  putBack(id: string): boolean {
    const letter = this.buried.get(id)
    if (letter === undefined) return false
    this.buried.delete(id)
    this.add([{ id, text: letter.text, delay: 0 }])
    return true
  }

  drop(id: string): boolean {
    return this.buried.delete(id)
  }

  private get nextDue(): number {
    while (this.waiting.size > 0) {
      const entry = this.waiting.peekNowait()
      if (this.entries.get(entry.id) === entry) return entry.due
      this.waiting.getNowait()
    }
    return Infinity
  }

  private get firstLeased(): Entry | undefined {
    for (const entry of this.leased.values()) return entry
    return undefined
  }

  private expire(now: number): void {
    for (let first = this.firstLeased; first !== undefined && first.due <= now; first = this.firstLeased) {
      this.release(first.holder!)
      this.waiting.putNowait(first)
    }
  }

  private enter(entry: Entry, delay: number): void {
    entry.due = getHub().now() + delay
    this.waiting.putNowait(entry)
    this.changed.set()
  }

  private handOver(entry: Entry): Held {
    const { id, text } = entry
    const held: Held = { id, text, attempt: ++entry.attempt }
    entry.holder = held
    this.hold(entry)
    return held
  }

  private hold(entry: Entry): void {
    entry.due = getHub().now() + this.lease
    this.leased.delete(entry.id)
    this.leased.set(entry.id, entry)
  }

  /** @returns whether it was that delivery's. */
  private release(held: Held): boolean {
    const entry = this.leased.get(held.id)
    if (entry?.holder !== held) return false
    entry.holder = undefined
    return this.leased.delete(held.id)
  }
}
