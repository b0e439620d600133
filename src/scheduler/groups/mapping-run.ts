import { green } from '../greenlets/call.js'
import { Deque } from '../queues/deque.js'
import type { Coroutine } from '../kernel/frames.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { giveUp } from '../greenlets/until-ended.js'
import type { EndListener } from '../kernel/fiber/completion.js'
import { Roster } from './roster.js'
import { SourceReader, type Source } from './source.js'
import { killAll } from '../waits/join.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { Attempt, Line, type Claim } from '../kernel/line.js'

/** One result of `imap`, or the news that none is left. */
export type Item<R> = IteratorResult<R, undefined>

/** A group, as far as a mapping makes greenlets in it. @internal */
export interface Spawner {
  /** How many greenlets it takes at most. */
  readonly maxSize: number
  spawn(fn: (...args: never[]) => unknown, ...args: unknown[]): Operation<Greenlet>
  waitAvailable(): Operation<number>
  toString(): string
}

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
  readonly next: Operation<Item<R>> = new NextResult(this)
  /** Whether there is nothing more to read. */
  finished = false
  /** @internal */
  readonly readers: Line = new Line()
  /** Where the feeder waits for room. @internal */
  readonly feeding: Line = new Line()
  /** Workers in the order in which their results are to be read: all of them, or in any order those that have ended. */
  private readonly results = new Deque<Greenlet<R>>()
  private readonly running = new Roster<Greenlet<R>>()
  private readonly feeder: Greenlet
  private inputFailed = false
  private unreadCount = 0
  private reads = 0
  private stopped = false

  constructor(
    private readonly group: Spawner,
    private readonly fn: (item: unknown) => R,
    private readonly source: Source<unknown>,
    private readonly options: MappingOptions,
  ) {
    this.feeder = new Greenlet(() => this.feed())
    this.feeder.name = `${group.toString()} input`
    this.feeder.listen(this)
    this.feeder.start()
  }

  /** Whether something waited for a result since this was asked last. */
  wasRead(): boolean {
    const { reads } = this
    this.reads = 0
    return reads > 0
  }

  /** Takes no further item and kills the workers. Errors that have not been read are reported. */
  stop(): void {
    if (this.stopped) return
    this.stopped = this.finished = true
    this.feeder.kill()
    for (const worker of this.running) worker.kill()
    for (const worker of this.results) if (worker.dead) giveUp(worker)
    if (this.inputFailed) this.feeder.unobserve()
    this.readers.serve()
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
    const input = new SourceReader(this.source)
    const room = new RoomForResults(this)
    try {
      for (;;) {
        yield* room
        yield* group.waitAvailable()
        const step = yield* input.take()
        if (step.done === true) return
        this.unreadCount++
        this.started(yield* group.spawn(fn, step.value) as Operation<Greenlet<R>>)
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
    this.readers.serve()
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
    this.readers.serve()
  }

  /** Whether a reader gets something now: a result, an error, or the news that none is left. @internal */
  get isReadable(): boolean {
    if (this.finished || (this.results.size > 0 && this.results.peek().dead)) return true
    return this.feeder.dead && this.running.size === 0
  }

  /** Reads what is there. @returns the worker whose result it is; `undefined` at the end. @internal */
  read(): Greenlet<R> | undefined {
    if (this.finished || this.results.size === 0) {
      if (!this.inputFailed) this.finished = true
      if (this.finished) return undefined
      this.inputFailed = false
      throw noValueOf(this.feeder)
    }
    this.unreadCount--
    const worker = this.results.shift()
    return worker
  }

  /** @internal */
  noteRead(): void {
    this.reads++
  }

  /** Takes back what `read` gave. @internal */
  unread(worker: Greenlet<R>): void {
    this.unreadCount++
    this.results.unshift(worker)
    this.readers.serve()
  }

  /** Whether a further item may be taken. @internal */
  get hasRoom(): boolean {
    return this.unreadCount < this.options.maxSize
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

/** The next result, for those who read. */
class NextResult<R> extends Attempt<Item<R>, Greenlet<R> | undefined> {
  constructor(private readonly mapping: Mapping<R>) {
    super()
  }

  get line(): Line {
    return this.mapping.readers
  }

  isReady(): boolean {
    return this.mapping.isReadable
  }

  override beginWait(wait: Wait<Item<R>, Greenlet<R> | undefined, this>): void {
    this.mapping.noteRead()
    super.beginWait(wait)
  }

  // In this order, so that the reader continues before the feeder does.
  override complete(wait: Wait<Item<R>, Greenlet<R> | undefined>): void {
    super.complete(wait)
    this.mapping.feeding.serve()
  }

  perform(claim: Claim<Greenlet<R> | undefined>): Item<R> {
    const worker = this.mapping.read()
    claim.detail = worker
    if (worker === undefined) return { done: true, value: undefined }
    if (!hasValue(worker)) throw noValueOf(worker)
    return { done: false, value: worker.value as R }
  }

  override undoWait(wait: Wait<Item<R>, Greenlet<R> | undefined>): void {
    if (wait.detail !== undefined) this.mapping.unread(wait.detail)
  }

  override undoFailure(wait: Wait<Item<R>, Greenlet<R> | undefined>): void {
    this.undoWait(wait)
  }

  override describe(): string {
    return `${this.mapping.toString()} next`
  }

  override holders(): Iterable<Greenlet> {
    return this.mapping.alive()
  }
}

/** The wait of the feeder until results were read. */
class RoomForResults extends Attempt<void> {
  constructor(private readonly mapping: Mapping<unknown>) {
    super()
  }

  get line(): Line {
    return this.mapping.feeding
  }

  isReady(): boolean {
    return this.mapping.hasRoom
  }

  perform(): void {
    // It takes nothing: there is one feeder.
  }

  override describe(): string {
    return `${this.mapping.toString()}: room for results`
  }
}
