import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { ConcurrentUseError } from '../../scheduler/checks/state-errors.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { waitOptionsAnd, type WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { ByteQueue } from './byte-queue.js'
import { IncompleteReadError, LimitError, type Failure } from './socket-errors.js'
import { NetworkOperation } from './network.js'

/** The wait of one who reads. */
type Reader = Wait<unknown, Buffer | undefined, ReadOperation<unknown>>

const OPEN = 0
const ENDED = 1
const DISCARDED = 2

/**
 * The receiving side of a stream: the bytes that have not been read yet, and the reader. It reads on only while
 * something waits for more than there is, so that what a peer sends to a program that does not read stays in the
 * kernel, whose buffer fills up and stops the peer; at most what one `read` of the kernel gave is kept here.
 *
 * It is the queue of its bytes, and what it reads from is a subclass: as three objects a connection would take 80
 * bytes more.
 * @internal
 */
export abstract class ReadSide extends ByteQueue {
  /** How far the parked reader has looked for its delimiter. */
  searched = 0
  /** Why nothing more comes. */
  protected failure: Failure | null = null
  private reader: Reader | null = null
  private state: typeof OPEN | typeof ENDED | typeof DISCARDED = OPEN

  /** Asks for more; what comes goes to {@link ReadSide.arrived}. */
  protected abstract startReading(): void

  abstract override toString(): string

  /** Whether somebody is parked here. */
  get isAwaited(): boolean {
    return this.reader !== null
  }

  /**
   * Takes a chunk that came in. @returns whether to go on reading: not before somebody has asked for what there is. To
   * stop whenever a reader has got enough would be stricter, and cost two calls into Node for each `recv`; most readers
   * come again.
   */
  arrived(chunk: Buffer): boolean {
    const { reader } = this
    this.push(chunk)
    if (reader === null) return false
    return !this.satisfy(reader) || this.length === 0
  }

  /** The other side has ended the stream. */
  end(): void {
    if (this.state === OPEN) this.state = ENDED
    if (this.reader !== null) this.conclude(this.reader)
  }

  /** Nothing more will come. What came already, and the end if it came, can still be had. */
  fail(failure: Failure): void {
    this.failure = failure
    if (this.reader !== null) this.conclude(this.reader)
  }

  /** Nothing can be had any more. */
  protected discard(failure: Failure): void {
    this.clear()
    this.state = DISCARDED
    this.failure = failure
    if (this.reader !== null) this.conclude(this.reader)
  }

  begin(wait: Reader): void {
    if (this.reader !== null) throw this.inUse(wait, this.reader)
    this.searched = 0
    if (this.satisfy(wait)) return
    if (this.state === ENDED || this.failure !== null) this.conclude(wait)
    else {
      this.reader = wait
      this.startReading()
    }
  }

  cancel(): void {
    this.reader = null
  }

  /** Takes back what a reader was given who was killed before it saw it. */
  putBack(chunk: Buffer): void {
    if (this.state === DISCARDED) return
    this.unshift(chunk)
    this.searched = 0
    if (this.reader !== null) this.satisfy(this.reader)
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
  private conclude(wait: Reader): void {
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

/** A way of reading: how much it takes, and what it makes of it. @internal */
export abstract class ReadOperation<T> extends NetworkOperation<T, Buffer | undefined> {
  constructor(
    protected readonly side: ReadSide,
    options?: WaitOptions,
  ) {
    super(options)
  }

  /** Takes what it wants and ends the wait. @returns whether there was enough. */
  abstract attempt(wait: Wait<T, Buffer | undefined>): boolean

  /** The stream has ended, and there is not enough: ends the wait or throws. */
  abstract conclude(wait: Wait<T, Buffer | undefined>): void

  beginWait(wait: Wait<T, Buffer | undefined, this>): void {
    this.side.begin(wait)
  }

  cancelWait(): void {
    this.side.cancel()
  }

  override undoWait(wait: Wait<T, Buffer | undefined>): void {
    if (wait.detail !== undefined) this.side.putBack(wait.detail)
  }

  protected deliver(wait: Wait<T, Buffer | undefined>, taken: Buffer, value: T): true {
    wait.detail = taken
    wait.resolve(value)
    return true
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
  attempt(wait: Wait<Buffer | null, Buffer | undefined>): boolean {
    if (this.side.length === 0) return false
    const taken = this.take()
    return this.deliver(wait, taken, taken)
  }

  protected take(): Buffer {
    return this.side.shift()
  }

  conclude(wait: Wait<Buffer | null, Buffer | undefined>): void {
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

  attempt(wait: Wait<Buffer, Buffer | undefined>): boolean {
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

/** @internal */
const delimiterOptionNames = waitOptionsAnd('limit')

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

  attempt(wait: Wait<T, Buffer | undefined>): boolean {
    const { side, delimiter, limit } = this
    const found = side.indexOf(delimiter, side.searched)
    const size = found === -1 ? side.length : found + delimiter.length
    if (size > limit || (found === -1 && size === limit)) throw this.tooLong()
    if (found === -1) {
      side.searched = Math.max(size - delimiter.length + 1, 0)
      return false
    }
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
  conclude(wait: Wait<string | null, Buffer | undefined>): void {
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
