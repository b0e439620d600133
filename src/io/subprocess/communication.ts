import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { call } from '../../scheduler/greenlets/call.js'
import { all, race } from '../../scheduler/waits/combinators.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { idle, sleep } from '../../scheduler/waits/sleep.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import { checkData } from '../net/check-data.js'
import { ExternalOperation } from '../net/network.js'
import type { Socket } from '../net/socket.js'
import { ClosedError, ConnectionError } from '../net/socket-errors.js'
import { showCommand } from './command.js'
import { OutputLimitError, TimeoutExpired } from './errors.js'
import { communicateOptionNames, type CommunicateOptions, type PopenOptions } from './options.js'
import { Output } from './output.js'
import { MOST_READS } from './pipe.js'

/** How often is asked, in milliseconds, whether the group of a process that has ended has members yet. */
const FAMILY_CHECK = 20

/** The process that is talked to. */
interface Partner {
  readonly args: readonly string[]
  readonly stdin: Socket | null
  readonly stdout: Socket | null
  readonly stderr: Socket | null
  wait(): Operation<unknown>
  hasFamily(): boolean
  toString(): string
}

/** One of the two streams that a program prints on, and what was read of it. */
interface Printed {
  readonly name: 'stdout' | 'stderr'
  readonly pipe: Socket | null
  readonly chunks: Buffer[]
  size: number
  ended: boolean
}

/** The input and the output of a process, over all calls of `communicate`. @internal */
export class Communication {
  /** The error that was raised when the time of a call was up. */
  expiredWith: unknown = undefined
  private readonly streams: readonly [Printed, Printed]
  private readonly encoding: BufferEncoding | undefined
  private readonly maxBuffer: number
  private fed = false

  constructor(
    private readonly process: Partner,
    { encoding, text, maxBuffer = Infinity }: PopenOptions,
  ) {
    checkCount(maxBuffer, 'new Popen(command, { maxBuffer })', 0)
    this.encoding = encoding ?? (text ? 'utf8' : undefined)
    this.maxBuffer = maxBuffer
    const { stdout, stderr } = process
    this.streams = [
      { name: 'stdout', pipe: stdout, chunks: [], size: 0, ended: stdout === null },
      { name: 'stderr', pipe: stderr, chunks: [], size: 0, ended: stderr === null },
    ]
  }

  /** Whether somebody who reads would get more. */
  get unfinished(): boolean {
    return this.streams.some(({ ended }) => !ended)
  }

  /** @param ofFamily whether only what the process and its group print is waited for. */
  begin<T extends string | Buffer>(options: CommunicateOptions, ofFamily: boolean): Operation<Output<T>> {
    const { input } = options
    if (input !== undefined) this.checkInput(input)
    return new Communicate<T>(this, options, ofFamily)
  }

  /** Returns the output that was read so far. */
  printed<T extends string | Buffer>(): Output<T> {
    const [stdout, stderr] = this.streams.map(({ chunks }) => this.decode(chunks)) as [T, T]
    return new Output(stdout, stderr)
  }

  *exchange(input: string | Uint8Array | undefined, ofFamily: boolean): Coroutine<void> {
    const { process } = this
    this.feed(input)
    const read = all(this.streams.map((stream) => call(() => this.read(stream))))
    yield* all([process.wait(), ofFamily ? race([read, call(() => this.familyIsRead())]) : read])
  }

  expire({ milliseconds }: Timeout): TimeoutExpired {
    return new TimeoutExpired(milliseconds, this.process.args, this.printed())
  }

  toString(): string {
    return `${this.process.toString()}.communicate`
  }

  /** Waits until the process and its group have ended, and what they left in the pipes was read. */
  private *familyIsRead(): Coroutine<void> {
    const { process } = this
    yield* process.wait()
    // Nothing tells when the last member ends.
    while (process.hasFamily()) yield* sleep(FAMILY_CHECK)
    // Those who fled may still print; what they print is not waited for.
    for (let size = -1, reads = 0; size !== this.size && reads < MOST_READS; reads++) {
      size = this.size
      // In the second turn from now on the pipes have been polled once.
      yield* idle()
      yield* idle()
    }
  }

  private get size(): number {
    return this.streams[0].size + this.streams[1].size
  }

  private *read(stream: Printed): Coroutine<void> {
    while (!stream.ended) {
      const chunk = yield* stream.pipe!.recv()
      if (chunk === null) stream.ended = true
      else this.keep(stream, chunk)
    }
  }

  private keep(stream: Printed, chunk: Buffer): void {
    stream.chunks.push(chunk)
    stream.size += chunk.length
    if (stream.size <= this.maxBuffer) return
    const { stdout, stderr } = this.printed()
    const text = `${showCommand(this.process.args)} printed more than ${this.maxBuffer} bytes on ${stream.name} (maxBuffer)`
    throw new OutputLimitError(text, this.maxBuffer, stdout, stderr)
  }

  // A greenlet of its own, since a part of what was sent cannot be taken back when the call is given up. It ends with
  // the process at the latest. A process that closes its stdin early has read what it wanted.
  private feed(input: string | Uint8Array | undefined): void {
    const { stdin } = this.process
    if (stdin === null || this.fed) return
    this.fed = true
    if (input === undefined || input.length === 0) {
      stdin.shutdown()
      return
    }
    const feeder = spawn(function* () {
      try {
        yield* stdin.sendAll(input)
        stdin.shutdown()
      } catch (error) {
        if (!(error instanceof ConnectionError || error instanceof ClosedError)) throw error
      }
    })
    feeder.name = `${this.toString()} input`
  }

  private checkInput(input: unknown): void {
    checkData(input, 'communicate({ input })')
    if (this.process.stdin !== null) return
    throw misuse(new TypeError("communicate({ input }): stdin of the process is not a pipe; write { stdin: 'pipe' }"))
  }

  private decode(chunks: Buffer[]): string | Buffer {
    const { encoding } = this
    const bytes = Buffer.concat(chunks)
    // Put together once, however often it is asked for.
    if (chunks.length > 1) chunks.splice(0, chunks.length, bytes)
    return encoding === undefined ? bytes : bytes.toString(encoding)
  }
}

/** Runs in a greenlet of its own, whose waits lose nothing when it is killed. */
class Communicate<T extends string | Buffer> extends ExternalOperation<Output<T>> {
  private readonly exchange: Operation<Output<T>>

  constructor(
    private readonly communication: Communication,
    options: CommunicateOptions,
    ofFamily: boolean,
  ) {
    super(options)
    const { input } = options
    const communicate = function* (): Coroutine<Output<T>> {
      yield* communication.exchange(input, ofFamily)
      return communication.printed<T>()
    }
    this.exchange = call(communicate)
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return communicateOptionNames
  }

  beginWait(wait: Wait<Output<T>>): void {
    this.exchange.beginWait(wait)
  }

  cancelWait(wait: Wait<Output<T>>): void {
    this.exchange.cancelWait(wait)
  }

  override undoFailure(wait: Wait<Output<T>>, error: unknown): void {
    this.exchange.undoFailure(wait, error)
  }

  override expireWait(wait: Wait<Output<T>>, error: Error): void {
    const { communication } = this
    const raised = typeof this.options!.timeout === 'number' ? communication.expire(error as Timeout) : error
    communication.expiredWith = raised
    wait.reject(raised)
  }

  override describe(): string {
    return this.communication.toString()
  }
}
