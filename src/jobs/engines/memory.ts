import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import {
  Attempt,
  Line,
  PriorityQueue,
  call,
  getHub,
  type Hub,
  type Operation,
  type Wait,
} from '../../scheduler/index.js'
import { Timer } from '../../scheduler/kernel/timers.js'
import { checkLease } from '../check-engine.js'
import type { Delivery } from '../delivery.js'
import { LeaseLost } from '../errors.js'
import type { AddOptions, DeadLetter, Jobs } from '../jobs.js'
import { LIMIT, checkAdd, decode, describeError, encode } from '../payload.js'

/** Options of {@link memoryJobs}. */
export interface MemoryJobsOptions {
  /** How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 1 MiB by default. */
  limit?: number | undefined
}

const optionNames: OptionNames = { own: ['lease', 'limit'] }
const addOptionNames: OptionNames = { own: ['id', 'delay'] }

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
  checkOptions(options, optionNames)
  const { lease = 30_000, limit = LIMIT } = options
  checkLease(lease, 'memoryJobs({ lease })')
  return new MemoryJobs<T>(lease, limit)
}

interface Entry {
  readonly id: string
  readonly text: string
  attempt: number
  /** When it may be delivered, or when the lease is over. */
  due: number
  /** The delivery that has it. */
  holder: object | undefined
}

interface DeadEntry {
  readonly entry: Entry
  readonly error: string
  readonly at: Date
}

class MemoryJobs<T> implements Jobs<T> {
  readonly line: Line<Delivery<T>[], unknown, Take<T>> = new Line<Delivery<T>[], unknown, Take<T>>()
  private readonly entries = new Map<string, Entry>()
  private ready: Entry[] = []
  private readonly later = new PriorityQueue<Entry>(Infinity, { compare: (one, other) => one.due - other.due })
  // All leases are of one length: the first in the map is over first.
  private readonly leased = new Map<string, Entry>()
  private readonly buried = new Map<string, DeadEntry>()
  private readonly timer = new Timer<MemoryJobs<T>>((jobs) => jobs.serve(), this)
  private armed: Hub | undefined
  private made = 0

  readonly source: Jobs<T>['source']
  readonly dead: Jobs<T>['dead']

  constructor(
    readonly lease: number,
    readonly limit: number,
  ) {
    this.source = { lease, take: (max) => new Take(this, max) }
    this.dead = {
      list: (count = 100) =>
        call(() =>
          Array.from(this.buried.values())
            .slice(0, count)
            .map((each) => this.letter(each)),
        ),
      look: (id) => call(() => (this.buried.has(id) ? this.letter(this.buried.get(id)!) : undefined)),
      putBack: (id) => call(() => this.putBack(id)),
      drop: (id) => call(() => this.buried.delete(id)),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    const { id = `${++this.made}`, delay } = checkAdd(options, addOptionNames)
    const text = encode(data, this.limit)
    return call(() => {
      if (!this.entries.has(id) && !this.buried.has(id))
        this.enter({ id, text, attempt: 0, due: 0, holder: undefined }, delay)
      return id
    })
  }

  close(): Operation<void> {
    return call(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Whether there is a job that may be delivered now. */
  get isReady(): boolean {
    this.collect()
    return this.ready.length > 0
  }

  deliver(max: number): Delivery<T>[] {
    return this.ready.splice(0, max).map((entry) => this.handOver(entry))
  }

  /** Takes back what nobody has seen. */
  undo(deliveries: Delivery<T>[]): void {
    for (const { id } of deliveries.reverse()) {
      const entry = this.release(id)
      entry.attempt--
      this.ready.unshift(entry)
    }
    this.serve()
  }

  /** Serves those who wait, and sets the timer for the next job that becomes ready. */
  serve(): void {
    this.line.serve()
    this.armed?.stopTimer(this.timer)
    this.armed = this.line.first?.hub
    const next = Math.min(
      this.firstLeased?.due ?? Infinity,
      this.later.size > 0 ? this.later.peekNowait().due : Infinity,
    )
    this.armed?.startTimer(this.timer, Math.max(0, next - this.armed.now()))
  }

  private get firstLeased(): Entry | undefined {
    for (const entry of this.leased.values()) return entry
    return undefined
  }

  /** Moves what has become ready meanwhile. */
  private collect(): void {
    const now = getHub().now()
    while (this.later.size > 0 && this.later.peekNowait().due <= now) this.ready.push(this.later.getNowait())
    for (let first = this.firstLeased; first !== undefined && first.due <= now; first = this.firstLeased) {
      this.ready.push(this.release(first.id))
    }
  }

  private enter(entry: Entry, delay: number): void {
    this.entries.set(entry.id, entry)
    if (delay === 0) this.ready.push(entry)
    else this.later.putNowait(Object.assign(entry, { due: getHub().now() + delay }))
    this.serve()
  }

  private handOver(entry: Entry): Delivery<T> {
    const { id, text } = entry
    const holder = {}
    const held = (act: () => void): Operation<void> =>
      call(() => {
        if (entry.holder !== holder) throw new LeaseLost(id)
        act()
      })
    entry.attempt++
    entry.holder = holder
    this.hold(entry)
    return {
      id,
      data: decode(text, this.limit) as T,
      attempt: entry.attempt,
      ack: () => held(() => this.entries.delete(this.release(id).id)),
      retry: (delay, error) =>
        held(() => {
          if (error === undefined) entry.attempt--
          this.enter(this.release(id), delay)
        }),
      discard: (error) =>
        held(() => {
          this.entries.delete(this.release(id).id)
          this.buried.set(id, { entry, error: describeError(error), at: new Date() })
        }),
      extend: () => held(() => this.hold(entry)),
    }
  }

  private hold(entry: Entry): void {
    entry.due = getHub().now() + this.lease
    this.leased.delete(entry.id)
    this.leased.set(entry.id, entry)
  }

  private release(id: string): Entry {
    const entry = this.leased.get(id)!
    this.leased.delete(id)
    entry.holder = undefined
    return entry
  }

  private letter({ entry: { id, text, attempt }, error, at }: DeadEntry): DeadLetter<T> {
    return { id, data: decode(text, this.limit) as T, attempt, error, at }
  }

  private putBack(id: string): boolean {
    const letter = this.buried.get(id)
    if (letter === undefined) return false
    this.buried.delete(id)
    this.enter(Object.assign(letter.entry, { attempt: 0 }), 0)
    return true
  }
}

class Take<T> extends Attempt<Delivery<T>[]> {
  constructor(
    private readonly jobs: MemoryJobs<T>,
    private readonly max: number,
  ) {
    super()
  }

  get line(): Line {
    return this.jobs.line
  }

  isReady(): boolean {
    return this.jobs.isReady
  }

  perform(): Delivery<T>[] {
    return this.jobs.deliver(this.max)
  }

  override beginWait(wait: Wait<Delivery<T>[], unknown, this>): void {
    super.beginWait(wait)
    if (wait.pending) this.jobs.serve()
  }

  override cancelWait(wait: Wait<Delivery<T>[], unknown, this>): void {
    super.cancelWait(wait)
    this.jobs.serve()
  }

  override undoWait(_wait: Wait<Delivery<T>[]>, deliveries: Delivery<T>[]): void {
    this.jobs.undo(deliveries)
  }

  override describe(): string {
    return 'memoryJobs().source.take'
  }
}
