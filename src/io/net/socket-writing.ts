import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { Line } from '../../scheduler/kernel/line.js'
import { ClosedError, type Failure } from './socket-errors.js'
import { NetworkAttempt, NetworkOperation } from './network.js'

/**
 * How much is handed to Node at a time. It bounds what a writer costs whose peer does not read, since TLS makes an
 * encrypted copy of each piece, and what is sent still after a kill. With pieces an eighth of that size the kernel's
 * buffer runs empty between them: half the throughput.
 */
const PIECE = 1048576

/** Where a {@link WriteSide} puts its bytes. */
export interface ByteSink {
  /** Hands `piece` on and calls `written` when the kernel has taken it all, which may be at once. */
  write(piece: Uint8Array, written: (error?: Error | null) => void): void
  /** Sends the end of the stream and calls `sent` when the kernel has taken that. */
  finish(sent: (error?: Error | null) => void): void
  /** It cannot write any more: the other end of `fail` is to learn why. */
  abort(error: Error): void
  toString(): string
}

/** The wait of one who writes. */
type Writer = Wait<void, unknown, SendAll>

/**
 * The sending side of a socket. Writers are served one after the other, in the order in which they came. One is done
 * when the kernel has taken all of its bytes, as with `sendall` of the system; nothing is kept here for later.
 * @internal
 */
export class WriteSide {
  private readonly writers = new Line<void, unknown, SendAll>()
  /** The greenlets that wait until the end of the stream is sent. @internal */
  readonly finishers: Line = new Line()
  /** Whose turn it is; `null` also while the last piece of a writer that was killed is still on its way. */
  private current: Writer | null = null
  private offset = 0
  private inFlight = false
  private state: 'open' | 'ending' | 'ended' = 'open'
  private failure: Failure | undefined
  private sentEnd = false
  private pumping = false

  constructor(private readonly sink: ByteSink) {}

  /** Whether the kernel has not taken everything yet. */
  get busy(): boolean {
    return this.inFlight
  }

  beginWrite(wait: Writer): void {
    if (this.failure !== undefined) throw this.failure(wait.operation)
    if (this.state !== 'open') throw this.afterShutdown()
    if (this.inFlight) this.writers.add(wait)
    else {
      this.take(wait)
      this.pump()
    }
  }

  /** The writer gives up. What the kernel has taken, and the piece that was handed to it, is sent anyway. */
  cancelWrite(wait: Writer): void {
    if (this.current === wait) this.current = null
    else this.writers.remove(wait)
  }

  /** Ends the stream after those who are waiting now. */
  end(): void {
    if (this.state !== 'open') return
    this.state = 'ending'
    if (!this.inFlight) this.pump()
  }

  /** Whether the end of the stream is sent, or will not be. */
  get isOver(): boolean {
    return this.sentEnd || this.failure !== undefined
  }

  /** @throws the error of the connection unless the end of the stream is sent. */
  checkEnd(call: Shutdown): void {
    if (!this.sentEnd && this.failure !== undefined) throw this.failure(call)
  }

  /** Nothing more can be sent. */
  fail(failure: Failure): void {
    this.failure = failure
    const raise = (wait: Writer): void => void wait.reject(failure(wait.operation))
    const { current } = this
    this.current = null
    if (current !== null) raise(current)
    this.writers.endAll(raise)
    this.finishers.serve()
  }

  private take(wait: Writer): void {
    this.current = wait
    this.offset = 0
  }

  // Mostly the kernel takes a piece at once, and `written` is called before `write` returns: hence a loop.
  private pump(): void {
    while (!this.inFlight) {
      const { current } = this
      if (current === null) {
        const next = this.writers.shift()
        if (next === null) break
        this.take(next)
        continue
      }
      const { offset } = this
      const { data } = current.operation
      if (offset === data.length) {
        this.current = null
        current.resolve()
        continue
      }
      const piece = data.length <= PIECE ? data : data.subarray(offset, offset + PIECE)
      this.offset += piece.length
      this.inFlight = this.pumping = true
      this.sink.write(piece, this.written)
      this.pumping = false
    }
    if (this.state === 'ending' && !this.inFlight) this.sendEnd()
  }

  private readonly written = (error?: Error | null): void => {
    if (error) {
      // Nobody else may begin to write before `fail` comes.
      this.sink.abort(error)
      return
    }
    this.inFlight = false
    if (!this.pumping && this.failure === undefined) this.pump()
  }

  toString(): string {
    return this.sink.toString()
  }

  private sendEnd(): void {
    this.state = 'ended'
    this.sink.finish((error) => {
      if (error) return
      this.sentEnd = true
      this.finishers.serve()
    })
  }

  private afterShutdown(): ClosedError {
    return new ClosedError(`${this.sink.toString()}.sendAll after shutdown(): nothing more can be sent`)
  }
}

/** @internal */
export class SendAll extends NetworkOperation<void> {
  constructor(
    private readonly side: WriteSide,
    readonly data: Uint8Array,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void, unknown, this>): void {
    this.side.beginWrite(wait)
  }

  cancelWait(wait: Wait<void, unknown, this>): void {
    this.side.cancelWrite(wait)
  }

  override describe(): string {
    return `${this.side.toString()}.sendAll`
  }
}

/** @internal */
export class Shutdown extends NetworkAttempt<void> {
  constructor(
    private readonly side: WriteSide,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.side.finishers
  }

  isReady(): boolean {
    return this.side.isOver
  }

  perform(): void {
    this.side.checkEnd(this)
  }

  override describe(): string {
    return `${this.side.toString()}.shutdown`
  }
}
