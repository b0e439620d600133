import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { ConcurrentUseError } from '../../scheduler/checks/state-errors.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { waitOptionsAnd, type WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { ByteQueue } from './byte-queue.js'
import { IncompleteReadError, LimitError, type Failure } from './socket-errors.js'
import { NetworkOperation } from './network.js'

type ReadWait<T> = Wait<T, Buffer | undefined>

/** How much a reader takes, and what it makes of it. */
interface Reading<T> extends Operation<T, Buffer | undefined> {
  /** Takes what it wants and ends the wait. @returns whether there was enough. */
  attempt(wait: ReadWait<T>): boolean
  /** The stream has ended, and there is not enough: ends the wait or throws. */
  conclude(wait: ReadWait<T>): void
}

/** The wait of one who reads. */
type Reader = Wait<unknown, Buffer | undefined, Reading<unknown>>

const OPEN = 0
const ENDED = 1
const DISCARDED = 2

/**
 * The receiving side of a stream: the bytes that have not been read yet, and the reader. It reads on only while
 * something waits for more than there is, so that what a peer sends to a program that does not read stays in the
 * kernel, whose buffer fills up and stops the peer; at most what one `read` of the kernel gave is kept here.
 *
 * It is the operation that waits for whatever comes next, as `recv()` does, and what it reads from is a subclass: as objects of
 * their own these would take 80 bytes more for each connection that waits for its next byte, as most do most of the time.
 * @internal
 */
export abstract class ReadSide
  extends NetworkOperation<Buffer | null, Buffer | undefined>
  implements Reading<Buffer | null>
{
  /** Why nothing more comes. */
  protected failure: Failure | null = null
  private reader: Reader | null = null
  /** The bytes that nobody has taken yet; `null` when there are none. */
  private queue: ByteQueue | null = null
  private state: typeof OPEN | typeof ENDED | typeof DISCARDED = OPEN

  /** Asks for more; what comes goes to {@link ReadSide.arrived}. */
  protected abstract startReading(): void

  abstract override toString(): string

  /** Whether somebody is parked here. */
  get isAwaited(): boolean {
    return this.reader !== null
  }

  /** How many bytes there are. */
  get length(): number {
    return this.queue === null ? 0 : this.queue.length
  }

  /** Takes the first chunk out, or its first `max` bytes. There must be one. */
  shift(max?: number): Buffer {
    const queue = this.queue!
    const taken = queue.shift(max)
    if (queue.length === 0) this.queue = null
    return taken
  }

  /** Takes exactly `size` bytes out. There must be as many. */
  take(size: number): Buffer {
    if (size === 0) return Buffer.alloc(0)
    const queue = this.queue!
    const taken = queue.take(size)
    if (queue.length === 0) this.queue = null
    return taken
  }

  /** A copy of the bytes, which stay. */
  peek(): Buffer {
    return this.queue === null ? Buffer.alloc(0) : this.queue.peek()
  }

  /** Where the delimiter of the reader begins; `-1` when it is not there. */
  find(delimiter: Buffer): number {
    return this.queue === null ? -1 : this.queue.find(delimiter)
  }

  /**
   * Takes a chunk that came in. @returns whether to go on reading: not before somebody has asked for what there is. To
   * stop whenever a reader has got enough would be stricter, and cost two calls into Node for each `recv`; most readers
   * come again.
   */
  arrived(chunk: Buffer): boolean {
    const { reader, queue } = this
    if (queue !== null) queue.push(chunk)
    else if (reader?.operation === this) {
      this.reader = null
      return give(reader, chunk, chunk)
    } else {
      this.queue = new ByteQueue()
      this.queue.push(chunk)
    }
    if (reader === null) return false
    return !this.satisfy(reader) || this.queue === null
  }

  /** The other side has ended the stream. */
  end(): void {
    if (this.state === OPEN) this.state = ENDED
    if (this.reader !== null) this.concludeRead(this.reader)
  }

  /** Nothing more will come. What came already, and the end if it came, can still be had. */
  fail(failure: Failure): void {
    this.failure = failure
    if (this.reader !== null) this.concludeRead(this.reader)
  }

  /** Nothing can be had any more. */
  protected discard(failure: Failure): void {
    this.queue = null
    this.state = DISCARDED
    this.failure = failure
    if (this.reader !== null) this.concludeRead(this.reader)
  }

  beginWait(wait: ReadWait<Buffer | null>): void {
    this.begin(wait as Reader)
  }

  begin(wait: Reader): void {
    if (this.reader !== null) throw this.inUse(wait, this.reader)
    if (this.queue !== null) this.queue.searched = 0
    if (this.satisfy(wait)) return
    if (this.state === ENDED || this.failure !== null) this.concludeRead(wait)
    else {
      this.reader = wait
      this.startReading()
    }
  }

  cancelWait(): void {
    this.reader = null
  }

  override undoWait({ detail }: ReadWait<Buffer | null>): void {
    this.putBack(detail)
  }

  /** Takes back what a reader was given who was killed before it saw it. */
  putBack(taken: Buffer | undefined): void {
    if (taken === undefined || taken.length === 0 || this.state === DISCARDED) return
    this.queue ??= new ByteQueue()
    this.queue.unshift(taken)
    this.queue.searched = 0
    if (this.reader !== null) this.satisfy(this.reader)
  }

  attempt(wait: ReadWait<Buffer | null>): boolean {
    if (this.queue === null) return false
    const taken = this.shift()
    return give(wait, taken, taken)
  }

  conclude(wait: ReadWait<Buffer | null>): void {
    wait.resolve(null)
  }

  /** It is a connection, whether or not something waits for it. */
  override isThing(): boolean {
    return true
  }

  override describe(): string {
    return `${this.toString()}.recv`
  }

  // Ends the wait if there is enough for it.
  private satisfy(wait: Reader): boolean {
    try {
      if (!wait.operation.attempt(wait)) return false
    } catch (error) {
      wait.reject(error)
    }
    this.reader = null
    return true
  }

  // Ends the wait, since no more will come.
  private concludeRead(wait: Reader): void {
    this.reader = null
    const { operation } = wait
    try {
      if (this.state !== ENDED) throw this.failure!(operation)
      operation.conclude(wait)
    } catch (error) {
      wait.reject(error)
    }
  }

  private inUse(second: Reader, first: Reader): ConcurrentUseError {
    const owner = first.greenlet === null ? 'a promise' : first.greenlet.toString()
    return misuse(
      new ConcurrentUseError(
        `${second.operation.describe()}: ${owner} is already reading from this socket. ` +
          'Read in one greenlet, and pass the data to the others through a Queue',
      ),
    )
  }
}

/** Ends a wait with what was taken for it. */
function give<T>(wait: ReadWait<T>, taken: Buffer, value: T): true {
  wait.detail = taken
  wait.resolve(value)
  return true
}

/** A way of reading: how much it takes, and what it makes of it. @internal */
export abstract class ReadOperation<T> extends NetworkOperation<T, Buffer | undefined> implements Reading<T> {
  constructor(
    protected readonly side: ReadSide,
    options?: WaitOptions,
  ) {
    super(options)
  }

  abstract attempt(wait: ReadWait<T>): boolean

  abstract conclude(wait: ReadWait<T>): void

  beginWait(wait: Wait<T, Buffer | undefined, this>): void {
    this.side.begin(wait)
  }

  cancelWait(): void {
    this.side.cancelWait()
  }

  override undoWait(wait: Wait<T, Buffer | undefined, this>): void {
    this.side.putBack(wait.detail)
  }

  protected deliver(wait: ReadWait<T>, taken: Buffer, value: T): true {
    return give(wait, taken, value)
  }

  protected incomplete(wanted: string): IncompleteReadError {
    const { side } = this
    return new IncompleteReadError(
      `${this.describe()}: the stream ended after ${side.length} bytes, before ${wanted}`,
      side.peek(),
    )
  }
}

/** @internal */
export class Recv extends ReadOperation<Buffer | null> {
  attempt(wait: ReadWait<Buffer | null>): boolean {
    if (this.side.length === 0) return false
    const taken = this.take()
    return this.deliver(wait, taken, taken)
  }

  protected take(): Buffer {
    return this.side.shift()
  }

  conclude(wait: ReadWait<Buffer | null>): void {
    wait.resolve(null)
  }

  override describe(): string {
    return `${this.side.toString()}.recv`
  }
}

/** @internal */
export class RecvAtMost extends Recv {
  constructor(
    side: ReadSide,
    private readonly max: number,
    options?: WaitOptions,
  ) {
    super(side, options)
  }

  protected override take(): Buffer {
    return this.side.shift(this.max)
  }
}

/** @internal */
export class RecvExactly extends ReadOperation<Buffer> {
  constructor(
    side: ReadSide,
    private readonly size: number,
    options?: WaitOptions,
  ) {
    super(side, options)
  }

  attempt(wait: ReadWait<Buffer>): boolean {
    const { side, size } = this
    if (side.length < size) return false
    const taken = side.take(size)
    return this.deliver(wait, taken, taken)
  }

  conclude(): void {
    throw this.incomplete(`the ${this.size} that were asked for`)
  }

  override describe(): string {
    return `${this.side.toString()}.recvExactly(${this.size})`
  }
}

const delimiterOptionNames = waitOptionsAnd('limit')

/** @internal */
export abstract class Delimited<T> extends ReadOperation<T> {
  /** @internal */
  protected override get optionNames(): OptionNames {
    return delimiterOptionNames
  }

  constructor(
    side: ReadSide,
    protected readonly delimiter: Buffer,
    private readonly limit: number,
    options?: WaitOptions,
  ) {
    super(side, options)
  }

  attempt(wait: ReadWait<T>): boolean {
    const { side, delimiter, limit } = this
    const found = side.find(delimiter)
    const size = found === -1 ? side.length : found + delimiter.length
    if (size > limit || (found === -1 && size === limit)) throw this.tooLong()
    if (found === -1) return false
    const taken = side.take(size)
    return this.deliver(wait, taken, this.decode(taken))
  }

  protected abstract decode(taken: Buffer): T

  private tooLong(): LimitError {
    const { limit } = this
    return new LimitError(
      `${this.describe()}: no ${JSON.stringify(this.delimiter.toString())} within ${limit} bytes. ` +
        'The peer may be hostile; if its data is legitimate, pass a larger { limit }',
      limit,
    )
  }
}

/** @internal */
export class RecvUntil extends Delimited<Buffer> {
  protected decode(taken: Buffer): Buffer {
    return taken
  }

  conclude(): void {
    throw this.incomplete(JSON.stringify(this.delimiter.toString()))
  }

  override describe(): string {
    return `${this.side.toString()}.recvUntil(${JSON.stringify(this.delimiter.toString())})`
  }
}

const NEWLINE = Buffer.from('\n')
const CARRIAGE_RETURN = 13

/** @internal */
export class ReadLine extends Delimited<string | null> {
  constructor(side: ReadSide, limit: number, options?: WaitOptions) {
    super(side, NEWLINE, limit, options)
  }

  protected decode(taken: Buffer): string {
    const end = taken.length - 1
    return taken.toString('utf8', 0, taken[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
  }

  // The last line need not have an end.
  conclude(wait: ReadWait<string | null>): void {
    const { side } = this
    if (side.length === 0) wait.resolve(null)
    else {
      const taken = side.take(side.length)
      this.deliver(wait, taken, taken.toString())
    }
  }

  override describe(): string {
    return `${this.side.toString()}.readLine`
  }
}
