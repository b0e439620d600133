import { green } from '../waits/call.js'
import { Deque } from '../queues/deque.js'
import type { Coroutine } from '../kernel/frames.js'
import { Greenlet } from './greenlet.js'
import type { EndListener } from '../kernel/fiber.js'
import type { Mapper } from './pool-mapping.js'
import { Input, type Source } from './source.js'
import { killAll } from '../waits/join.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { WaitList } from '../kernel/line.js'

/** One result of `imap`, or the news that none is left. */
export type Item<R> = IteratorResult<R, undefined>

/** How a {@link Mapping} goes about it. */
interface MappingOptions {
  /** Whether the results come in the order of the items. */
  ordered: boolean
  /** How many items may be taken whose results were not read yet. */
  maxSize: number
  /** Whether an error is the end: no further item is taken, and the workers of later items are killed. */
  stopOnError?: boolean
}

/**
 * One run of `map` or `imap`: a greenlet outside of the group, the feeder, takes the items and spawns a worker for each
 * into the group. The workers themselves are kept as the results until these are read.
 * @internal
 */
export class Mapping<R> implements EndListener {
  /** Gives the next result, each time that it is waited for. */
  readonly next: Operation<Item<R>> = new Next(this)
  /** Whether there is nothing more to read. */
  finished = false
  private readonly readers = new WaitList<Item<R>>()
  /** Workers in the order in which their results are to be read: all of them, or in any order those that have ended. */
  private readonly results = new Deque<Greenlet<R>>()
  private readonly running = new Set<Greenlet<R>>()
  private readonly feeder: Greenlet
  private roomWait: Wait<void> | null = null
  private inputFailed = false
  private unread = 0
  private reads = 0
  private stopped = false

  constructor(
    private readonly group: Mapper,
    private readonly fn: (item: unknown) => R,
    private readonly source: Source<unknown>,
    private readonly options: MappingOptions,
  ) {
    this.feeder = new Greenlet(() => this.feed())
    this.feeder.name = `${group.toString()} input`
    this.feeder.listen(this)
    this.feeder.start()
  }

  /** Whether somebody waited for a result since this was asked last. */
  wasRead(): boolean {
    const { reads } = this
    this.reads = 0
    return reads > 0
  }

  /** Takes no further item and kills the workers. Errors that nobody has read are reported. */
  stop(): void {
    if (this.stopped) return
    this.stopped = this.finished = true
    this.feeder.kill()
    for (const worker of this.running) worker.kill()
    for (const worker of this.results) if (worker.dead) worker.unobserve()
    if (this.inputFailed) this.feeder.unobserve()
    this.deliver()
  }

  /** Stops it, and waits until nothing of it is left. */
  close(): Operation<void> {
    return closeMapping(this)
  }

  /** The greenlets of it that have not ended. */
  alive(): Greenlet[] {
    return [this.feeder, ...this.running].filter((greenlet) => !greenlet.dead)
  }

  private *feed(): Coroutine<void> {
    const { group, fn } = this
    const input = new Input(this.source)
    const room = new Room(this)
    try {
      for (;;) {
        yield* room
        yield* group.waitAvailable()
        const step = yield* input.take()
        if (step.done === true) return
        this.unread++
        this.started(yield* group.spawn<[unknown], unknown>(fn, step.value) as Operation<Greenlet<R>>)
        // Where neither a place nor room makes it wait it gives way, or nobody would come to read.
        yield
      }
    } finally {
      yield* input.close()
    }
  }

  private started(worker: Greenlet<R>): void {
    this.running.add(worker)
    if (this.options.ordered) this.results.push(worker)
    if (worker.dead) this.ended(worker)
    else worker.listen(this)
  }

  /** @internal */
  greenletEnded(greenlet: Greenlet): void {
    if (greenlet === this.feeder) this.fed()
    else this.ended(greenlet as Greenlet<R>)
  }

  private ended(worker: Greenlet<R>): void {
    this.running.delete(worker)
    if (this.stopped) return
    worker.observe()
    if (!this.options.ordered) this.results.push(worker)
    if (this.options.stopOnError && !hasValue(worker)) this.dropAfter(worker)
    this.deliver()
  }

  private dropAfter(worker: Greenlet<R>): void {
    this.feeder.kill()
    const inOrder = Array.from(this.results)
    for (const later of inOrder.slice(inOrder.indexOf(worker) + 1)) later.kill()
  }

  // If somebody else killed the feeder, the reader gets that too: the missing results are not to be taken for the end.
  private fed(): void {
    const { feeder } = this
    if (this.stopped) return
    this.inputFailed = !feeder.successful || feeder.killed !== undefined
    feeder.observe()
    this.deliver()
  }

  private deliver(): void {
    while (this.readers.first !== null) {
      if (this.finished) this.readers.shift()!.resolve({ done: true, value: undefined })
      else if (this.results.size > 0 && this.results.peek().dead) this.hand(this.results.shift())
      else if (!this.feeder.dead || this.running.size > 0) return
      else if (this.inputFailed) {
        this.inputFailed = false
        this.readers.shift()!.reject(noValueOf(this.feeder))
      } else this.finished = true
    }
  }

  private hand(worker: Greenlet<R>): void {
    const wait = this.readers.shift()!
    wait.detail = worker
    this.unread--
    if (hasValue(worker)) wait.resolve({ done: false, value: worker.value as R })
    else wait.reject(noValueOf(worker))
    if (this.roomWait !== null) this.beginRoom(this.roomWait)
  }

  /** @internal */
  beginRead(wait: Wait<Item<R>>): void {
    this.reads++
    this.readers.add(wait)
    this.deliver()
  }

  /** @internal */
  cancelRead(wait: Wait<Item<R>>): void {
    this.readers.remove(wait)
  }

  /** @internal */
  undoRead(wait: Wait<Item<R>>): void {
    this.unread++
    this.results.unshift(wait.detail as Greenlet<R>)
    this.deliver()
  }

  /** @internal */
  beginRoom(wait: Wait<void>): void {
    this.roomWait = this.unread < this.options.maxSize ? null : wait
    if (this.roomWait === null) wait.resolve()
  }

  /** @internal */
  cancelRoom(): void {
    this.roomWait = null
  }

  toString(): string {
    return `${this.group.toString()}.imap`
  }
}

function hasValue(greenlet: Greenlet): boolean {
  return greenlet.successful && greenlet.killed === undefined
}

function noValueOf({ killed, error }: Greenlet): unknown {
  return killed === undefined ? error : killed.error
}

const closeMapping = green(function* close(mapping: Mapping<unknown>): Coroutine<void> {
  mapping.stop()
  const left = mapping.alive()
  if (left.length > 0) yield* killAll(left)
})

class Next<R> extends Operation<Item<R>> {
  constructor(private readonly mapping: Mapping<R>) {
    super()
  }

  beginWait(wait: Wait<Item<R>>): void {
    this.mapping.beginRead(wait)
  }

  cancelWait(wait: Wait<Item<R>>): void {
    this.mapping.cancelRead(wait)
  }

  override undoWait(wait: Wait<Item<R>>, item: Item<R>): void {
    if (item.done !== true) this.mapping.undoRead(wait)
  }

  override describe(): string {
    return `${this.mapping.toString()} next`
  }

  override holders(): Iterable<Greenlet> {
    return this.mapping.alive()
  }
}

/** The wait of the feeder until results were read. */
class Room extends Operation<void> {
  constructor(private readonly mapping: Mapping<unknown>) {
    super()
  }

  beginWait(wait: Wait<void>): void {
    this.mapping.beginRoom(wait)
  }

  cancelWait(): void {
    this.mapping.cancelRoom()
  }

  override describe(): string {
    return `${this.mapping.toString()}: room for results`
  }
}
