import type { Host } from './host.js'

/**
 * Something that is due at a time: a {@link Timer}, or a wait that only waits for that. The links are its own, so that
 * 100,000 sleeps are not 100,000 objects more.
 * @internal
 */
export interface Due {
  /** The millisecond at which it is due, `-1` while it is not among the timers. */
  tick: number
  before: Due | null
  after: Due | null
  /** Its time has come. */
  ring(): void
}

/** A call at a later time. @internal */
export class Timer<A = unknown> implements Due {
  tick = -1
  before: Due | null = null
  after: Due | null = null

  constructor(
    private readonly callback: (argument: A) => void,
    private readonly argument: A,
  ) {}

  ring(): void {
    this.callback(this.argument)
  }
}

/** The timers of a millisecond. @internal */
export interface Bucket {
  first: Due | null
  last: Due | null
}

/**
 * All timers of a hub: a bucket for each millisecond that has any, and a heap of those milliseconds. Adding and
 * removing are O(1) but for the first timer of a millisecond, which costs O(log n) in the number of different
 * milliseconds. Within a millisecond they are due in the order in which they were added. A hierarchical wheel cannot
 * tell the next deadline at once, which a virtual clock asks for all the time.
 * @internal
 */
export class Timers {
  size = 0
  /** The timers for which a program does not go on. */
  readonly daemons: Set<Due> = new Set<Due>()
  /** @internal */
  buckets: Map<number, Bucket> = new Map<number, Bucket>()
  private occupied = 0
  private heap: number[] = []

  /** Makes `node` due at `time`, in milliseconds, rounded up so that it is never early. */
  add(node: Due, time: number): void {
    const tick = Math.ceil(time)
    node.tick = tick
    this.size++
    let bucket = this.buckets.get(tick)
    if (bucket === undefined) {
      bucket = { first: null, last: null }
      this.buckets.set(tick, bucket)
      this.push(tick)
    }
    const { last } = bucket
    bucket.last = node
    node.before = last
    if (last === null) {
      bucket.first = node
      this.occupied++
    } else last.after = node
  }

  /** Takes `node` out; nothing happens when it is not among them. */
  remove(node: Due): void {
    if (node.tick !== -1) this.unlink(node, this.buckets.get(node.tick)!)
  }

  private unlink(node: Due, bucket: Bucket): void {
    const { before, after } = node
    if (before === null) bucket.first = after
    else before.after = after
    if (after === null) bucket.last = before
    else after.before = before
    node.before = node.after = null
    node.tick = -1
    this.size--
    if (this.daemons.size > 0) this.daemons.delete(node)
    if (bucket.first === null) {
      this.occupied--
      if (this.heap.length > 2 * this.occupied + 1000) this.compact()
    }
  }

  /** The millisecond of the next timer, `Infinity` when there is none. */
  next(): number {
    const { heap, buckets } = this
    for (;;) {
      const tick = heap[0]
      if (tick === undefined) return Infinity
      if (buckets.get(tick)!.first !== null) return tick
      buckets.delete(tick)
      this.pop()
    }
  }

  /** Calls all timers that are due at `time`. */
  expire(time: number): void {
    for (let tick = this.next(); tick <= time; tick = this.next()) {
      const bucket = this.buckets.get(tick)!
      for (let node = bucket.first; node !== null; node = bucket.first) {
        this.unlink(node, bucket)
        node.ring()
      }
    }
  }

  // An empty bucket stays until its time comes: the next timer is often for the same millisecond. But a program that
  // starts and cancels a long timeout a million times must not keep a million buckets.
  private compact(): void {
    this.buckets = new Map(Array.from(this.buckets).filter(([, bucket]) => bucket.first !== null))
    this.heap = Array.from(this.buckets.keys()).sort((a, b) => a - b)
  }

  private push(tick: number): void {
    const { heap } = this
    let index = heap.length
    heap.push(tick)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]!
      if (above <= tick) break
      heap[index] = above
      index = parent
    }
    heap[index] = tick
  }

  private pop(): void {
    const { heap } = this
    const moved = heap.pop()!
    const { length } = heap
    if (length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= length) break
      if (child + 1 < length && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= moved) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = moved
  }
}

/** The timers of the next millisecond, in the order in which they were added; for a test that picks another one. @internal */
export function* nextDue(timers: Timers): Generator<Due> {
  const bucket = timers.buckets.get(timers.next())
  for (let timer = bucket?.first ?? null; timer !== null; timer = timer.after) yield timer
}

/** The longest that `setTimeout` can wait, in milliseconds. @internal */
export const LONGEST_TIMER: number = 2 ** 31 - 1

/** The timers of a hub. @internal */
export interface TimerSet {
  /** How many are set. */
  readonly size: number
  /**
   * Makes `timer` due after `milliseconds`, never if that is `Infinity`.
   *
   * @param isDaemon whether the program does not go on for it alone.
   */
  start(timer: Due, milliseconds: number, isDaemon: boolean): void
  /** Lets the program go on for the next timer, whatever it is; absent where it goes on anyhow. @returns whether there is one. */
  holdProgram?(): boolean
  /** Makes a timer void. */
  stop(timer: Due): void
}

/** The turns of a run queue, as far as timers have to know of them. @internal */
export interface Turns {
  /** Whether one is being made: it ends with a call of `afterTurn`. */
  readonly turning: boolean
  /** Called at the end of each turn. */
  afterTurn: () => void
  /** Calls `callback`, and runs what it makes ready in the same go. */
  turnAfter(callback: () => void): void
}

/**
 * The timers of production. One timer of the platform stands for all of them. It is set at the end of a turn, not
 * whenever one of ours is: most of ours are gone by then. One that is too early is left alone.
 * @internal
 */
export class ArmedTimers implements TimerSet {
  readonly timers: Timers = new Timers()
  /** The timer of the platform, while one is set. */
  protected armed: unknown = undefined
  protected armedTick: number = Infinity

  constructor(
    protected readonly owner: { readonly platform: Host },
    protected readonly turns: Turns,
  ) {
    turns.afterTurn = () => {
      this.arm()
    }
  }

  get size(): number {
    return this.timers.size
  }

  start(timer: Due, milliseconds: number, _isDaemon: boolean): void {
    if (milliseconds === Infinity) {
      timer.tick = -1
      return
    }
    this.timers.add(timer, this.owner.platform.now() + milliseconds)
    if (!this.turns.turning && timer.tick < this.armedTick) this.arm()
  }

  stop(timer: Due): void {
    this.timers.remove(timer)
    if (!this.turns.turning && this.timers.size === 0) this.arm()
  }

  /** Sets the platform's timer to the next deadline. */
  protected arm(): void {
    const next = this.timers.next()
    if (next >= this.armedTick && next !== Infinity) return
    if (next === this.armedTick) return
    const { platform } = this.owner
    if (this.armed !== undefined) platform.stopTimer(this.armed)
    this.armed = undefined
    this.armedTick = next
    if (next === Infinity) return
    const milliseconds = Math.min(Math.max(next - platform.now(), 0), LONGEST_TIMER)
    this.armed = platform.startTimer(Math.ceil(milliseconds), this.alarm)
  }

  private readonly alarm = (): void => {
    this.armed = undefined
    this.armedTick = Infinity
    this.turns.turnAfter(() => {
      this.timers.expire(this.owner.platform.now())
    })
  }
}
