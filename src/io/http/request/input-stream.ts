import { call } from '../../../scheduler/greenlets/call.js'
import { outOfRange } from '../../../scheduler/checks/bad-argument.js'
import type { Coroutine } from '../../../scheduler/kernel/frames.js'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { ReadOperation, type ReadSide } from '../../net/socket-reading.js'
import type { MessageBody } from './message-body.js'

/**
 * The body of a request as a file, as Python has it: `wsgi.input`, and the `rfile` of `HTTPRequestHandler`. It ends where
 * the body ends, whether the client sent it in chunks or not, and nothing is read from the client that nobody asked for.
 *
 * ```ts
 * const form = yield* environ['wsgi.input'].read()
 * for (const next of environ['wsgi.input']) {
 *   const line = yield* next
 *   if (line.done) break
 *   console.log(line.value.toString())
 * }
 * ```
 *
 * Outside of greenlets, `for await (const line of input)` does the same. Cancel safety: no byte is lost by a kill or
 * timeout; what was handed over already is what the next reader gets first.
 */
export class InputStream {
  /** @internal */
  constructor(private readonly body: MessageBody) {}

  /**
   * Waits for `size` bytes; for all that is left without it.
   *
   * @returns fewer bytes only where the body ends, none at its end.
   * @throws ConnectionResetError when the client leaves before; ConcurrentUseError when another greenlet is reading.
   */
  read(size?: number | null, options?: WaitOptions): Operation<Buffer> {
    return new ReadUpTo(this.body.side, checkSize(size, 'read(size)'), options)
  }

  /** Waits until something comes in; `null` at the end of the body. */
  recv(max?: number, options?: WaitOptions): Operation<Buffer | null> {
    return this.body.recv(max, options)
  }

  /**
   * Waits for a line, of `size` bytes at most.
   *
   * @returns the line with its `\n`, if it has one; no bytes at the end of the body. Errors as for {@link InputStream.read}.
   */
  readline(size?: number | null, options?: WaitOptions): Operation<Buffer> {
    return new ReadLineUpTo(this.body.side, checkSize(size, 'readline(size)'), options)
  }

  /**
   * Waits for all lines; for no more, once they have `hint` bytes together.
   */
  readlines(hint?: number | null): Operation<Buffer[]> {
    const limit = checkSize(hint, 'readlines(hint)') || Infinity
    const readlines = (): Coroutine<Buffer[]> => this.gather(limit)
    return call(readlines)
  }

  /** The lines as operations, see {@link InputStream}. */
  *[Symbol.iterator](): Generator<Operation<IteratorResult<Buffer, undefined>>, void, undefined> {
    const next = (): Coroutine<IteratorResult<Buffer, undefined>> => this.next()
    for (;;) yield call(next)
  }

  /** The lines, outside of greenlets. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const line = await this.readline()
      if (line.length === 0) return
      yield line
    }
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return this.body.toString()
  }

  private *gather(limit: number): Coroutine<Buffer[]> {
    const lines: Buffer[] = []
    for (let size = 0; size < limit;) {
      const line = yield* this.readline()
      if (line.length === 0) break
      lines.push(line)
      size += line.length
    }
    return lines
  }

  private *next(): Coroutine<IteratorResult<Buffer, undefined>> {
    const value = yield* this.readline()
    return value.length === 0 ? { done: true, value: undefined } : { done: false, value }
  }
}

class ReadUpTo extends ReadOperation<Buffer> {
  constructor(
    side: ReadSide,
    private readonly size: number,
    options?: WaitOptions,
  ) {
    super(side, options)
  }

  attempt(wait: Wait<Buffer, Buffer | undefined>): boolean {
    return this.side.length >= this.size && this.take(wait, this.size)
  }

  conclude(wait: Wait<Buffer, Buffer | undefined>): void {
    this.take(wait, this.side.length)
  }

  protected take(wait: Wait<Buffer, Buffer | undefined>, size: number): true {
    const taken = this.side.take(size)
    return this.deliver(wait, taken, taken)
  }

  override describe(): string {
    return `${this.side.toString()}.read`
  }
}

const NEWLINE = Buffer.from('\n')

class ReadLineUpTo extends ReadUpTo {
  private readonly limit: number

  constructor(side: ReadSide, size: number, options?: WaitOptions) {
    super(side, size, options)
    this.limit = size
  }

  override attempt(wait: Wait<Buffer, Buffer | undefined>): boolean {
    const { side, limit } = this
    const found = side.find(NEWLINE)
    const size = found === -1 ? side.length : found + 1
    return (found !== -1 || size >= limit) && this.take(wait, Math.min(size, limit))
  }

  override describe(): string {
    return `${this.side.toString()}.readline`
  }
}

// Python's -1 and None stand for no limit.
function checkSize(size: number | null | undefined, where: string): number {
  if (size === undefined || size === null || size === -1) return Infinity
  if (Number.isInteger(size) && size >= 0) return size
  throw outOfRange(where, 'a whole number of bytes from 0', size)
}
