import { Deque } from './deque.js'
import { Empty, Full, ShutDown, misuse } from './errors.js'
import { Operation, type Wait, type WaitOptions } from './operation.js'
import { WaitList } from './wait-list.js'

/** Where a queue keeps its items, in the order in which they come out. */
export interface Store<T> extends Iterable<T> {
  readonly size: number
  push(item: T): void
  shift(): T
  peek(): T
  /** Puts back what `shift` gave. */
  unshift(item: T): void
  remove(item: T): boolean
}

/** What a queue takes on construction. */
export interface QueueOptions {
  /** For reports. */
  name?: string
}

/**
 * A first-in first-out queue between greenlets. Getters and putters are served in the order in which they came; an item
 * goes straight to the getter who has waited longest, so that nobody can snatch it. (gevent: `gevent.queue.Queue`.)
 *
 * ```ts
 * const jobs = new Queue<string>(100)
 * spawn(function* () { for (;;) console.log(yield* jobs.get()) })
 * yield* jobs.put('hello')         // waits while there are 100
 * ```
 */
export class Queue<T> {
  /** For reports. */
  readonly name: string
  protected readonly store: Store<T>
  private readonly getters = new WaitList<T>()
  private readonly putters = new WaitList<void>()
  private limit: number
  private closed = false

  /**
   * @param maxSize how many items it holds at most; without one there is no limit.
   * @throws RangeError when it is not a whole number from 1; for a queue without room there is `Channel`.
   */
  constructor(maxSize: number = Infinity, { name = '' }: QueueOptions = {}) {
    this.limit = this.checkLimit(maxSize)
    this.name = name
    this.store = this.makeStore()
  }

  protected makeStore(): Store<T> {
    return new Deque<T>()
  }

  protected checkLimit(maxSize: number): number {
    if (maxSize === Infinity || (Number.isInteger(maxSize) && maxSize > 0)) return maxSize
    throw misuse(
      new RangeError(
        `new ${this.constructor.name}(${String(maxSize)}): maxSize must be a whole number from 1; ` +
          'leave it out for no limit, and take a Channel for a queue without room',
      ),
    )
  }

  /** How many items it holds. */
  get size(): number {
    return this.store.size
  }

  /** How many items it holds at most; raising it lets waiting putters in. */
  get maxSize(): number {
    return this.limit
  }

  set maxSize(maxSize: number) {
    this.limit = this.checkLimit(maxSize)
    this.admit()
  }

  /** Whether it holds no item. */
  get empty(): boolean {
    return this.store.size === 0
  }

  /** Whether it holds as many items as it may. */
  get full(): boolean {
    return this.store.size >= this.limit
  }

  /**
   * Adds an item; waits while the queue is full.
   *
   * @throws ShutDown after `shutdown()`; Timeout when the time is up.
   * Cancel safety: a put that was killed or timed out did not happen, unless a getter has the item already.
   */
  put(item: T, options?: WaitOptions): Operation<void> {
    return new Put(this, item, options)
  }

  /**
   * Takes the next item out; waits while there is none.
   *
   * @throws ShutDown after `shutdown()`, when no item is left; Timeout when the time is up.
   * Cancel safety: no item is lost. One that was handed over already goes to the next getter, or back to its place.
   */
  get(options?: WaitOptions): Operation<T> {
    return new Get(this, options)
  }

  /** The next item, which stays in the queue; otherwise as {@link Queue.get}. */
  peek(options?: WaitOptions): Operation<T> {
    return new Peek(this, options)
  }

  /** Adds an item without waiting; it may be called from anywhere, a callback too. @throws Full, ShutDown. */
  putNowait(item: T): void {
    if (!this.offer(item)) throw new Full(`${this.toString()} is full: it holds ${this.size} items`)
  }

  /** Takes the next item out without waiting; it may be called from anywhere. @throws Empty, ShutDown. */
  getNowait(): T {
    if (this.canTake()) return this.take()
    this.checkOpen()
    throw new Empty(`${this.toString()} is empty`)
  }

  /** The next item, without waiting and without taking it out. @throws Empty, ShutDown. */
  peekNowait(): T {
    if (this.canTake()) return this.look()
    this.checkOpen()
    throw new Empty(`${this.toString()} is empty`)
  }

  /**
   * Ends the queue: putters get `ShutDown` from now on, getters when no item is left.
   *
   * @param options `immediate`: drop the items that are left.
   */
  shutdown({ immediate = false }: { immediate?: boolean } = {}): void {
    this.closed = true
    if (immediate) while (this.store.size > 0) this.discard(this.store.shift())
    const raise = (wait: Wait<never>): void => void wait.reject(this.shutDownError())
    this.putters.drain(raise as (wait: Wait<void>) => void)
    if (this.store.size === 0) this.getters.drain(raise as (wait: Wait<T>) => void)
  }

  /** How it stands: for monitoring and tests. */
  stats(): { size: number; maxSize: number; getters: number; putters: number; shutDown: boolean } {
    const { size, maxSize, getters, putters, closed } = this
    return { size, maxSize, getters: getters.size, putters: putters.size, shutDown: closed }
  }

  toString(): string {
    return this.name === '' ? this.constructor.name : `${this.constructor.name} ${JSON.stringify(this.name)}`
  }

  /** Called for each item that `shutdown({ immediate: true })` drops. */
  protected discard(_item: T): void {
    // For subclasses that count.
  }

  /** Called for each item that enters. */
  protected entered(): void {
    // For subclasses that count.
  }

  private shutDownError(): ShutDown {
    return new ShutDown(`${this.toString()} was shut down`)
  }

  private checkOpen(): void {
    if (this.closed) throw this.shutDownError()
  }

  /** Hands `item` to the first getter or stores it. @returns whether there was room. @internal */
  offer(item: T): boolean {
    this.checkOpen()
    if (this.handOver(item)) {
      this.entered()
      return true
    }
    if (this.store.size >= this.limit) return false
    this.store.push(item)
    this.entered()
    return true
  }

  private handOver(item: T): boolean {
    for (let wait = this.getters.shift(); wait !== null; wait = this.getters.shift()) {
      wait.resolve(item)
      if (!(wait.operation instanceof Peek)) return true
    }
    return false
  }

  private admit(): void {
    while (this.putters.first !== null && this.store.size < this.limit) {
      const wait = this.putters.shift()!
      this.store.push(wait.detail as T)
      this.entered()
      wait.resolve()
    }
  }

  private canTake(): boolean {
    return this.store.size > 0 || this.putters.first !== null
  }

  private look(): T {
    return this.store.size > 0 ? this.store.peek() : (this.putters.first!.detail as T)
  }

  private take(): T {
    if (this.store.size > 0) {
      const item = this.store.shift()
      this.admit()
      return item
    }
    const wait = this.putters.shift()!
    wait.resolve()
    this.entered()
    return wait.detail as T
  }

  /** @internal */
  beginPut(wait: Wait<void>, item: T): void {
    if (this.offer(item)) wait.resolve()
    else {
      wait.detail = item
      this.putters.add(wait)
    }
  }

  /** @internal */
  cancelPut(wait: Wait<void>): void {
    this.putters.remove(wait)
  }

  /** @internal */
  undoPut(item: T): void {
    if (this.store.remove(item)) this.admit()
  }

  /** @internal */
  beginGet(wait: Wait<T>, removes: boolean): void {
    if (this.canTake()) wait.resolve(removes ? this.take() : this.look())
    else {
      this.checkOpen()
      this.getters.add(wait)
    }
  }

  /** @internal */
  cancelGet(wait: Wait<T>): void {
    this.getters.remove(wait)
  }

  // It may make the queue longer than maxSize for a moment: what came in meanwhile cannot be sent back.
  /** @internal */
  undoGet(item: T): void {
    if (!this.handOver(item)) this.store.unshift(item)
  }
}

class Put<T> extends Operation<void> {
  constructor(
    private readonly queue: Queue<T>,
    private readonly item: T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void>): void {
    this.queue.beginPut(wait, this.item)
  }

  cancelWait(wait: Wait<void>): void {
    this.queue.cancelPut(wait)
  }

  override undoWait(): void {
    this.queue.undoPut(this.item)
  }

  override describe(): string {
    return `${this.queue.toString()}.put`
  }
}

class Get<T> extends Operation<T> {
  constructor(
    protected readonly queue: Queue<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T>): void {
    this.queue.beginGet(wait, true)
  }

  cancelWait(wait: Wait<T>): void {
    this.queue.cancelGet(wait)
  }

  override undoWait(_wait: Wait<T>, item: T): void {
    this.queue.undoGet(item)
  }

  override describe(): string {
    return `${this.queue.toString()}.get`
  }
}

class Peek<T> extends Get<T> {
  override beginWait(wait: Wait<T>): void {
    this.queue.beginGet(wait, false)
  }

  override undoWait(): void {
    // It took nothing.
  }

  override describe(): string {
    return `${this.queue.toString()}.peek`
  }
}
