import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { each } from '../../scheduler/waits/each.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Chunks } from './chunks.js'
import type { Titled } from './fetch-error.js'
import { LimitError } from '../net/socket-errors.js'

/** Options of {@link GreenResponse.lines}. */
export interface LinesOptions {
  /** How many characters a line may have: 1,048,576 unless given. Beyond: LimitError. */
  limit?: number | undefined
}

const LIMIT = 1024 * 1024
const linesOptionNames: OptionNames = { own: ['limit'] }

/**
 * The lines of a body as they arrive, or what was made of them: in a greenlet a loop over operations, outside `for await`.
 *
 * ```ts
 * for (const next of response.lines()) {
 *   const line = yield* next
 *   if (line.done) break
 *   console.log(line.value)
 * }
 * ```
 *
 * Lines end with LF or CRLF, which they do not contain; the last one may have no end. Leaving the loop early aborts the
 * connection.
 */
export class Lines<T> implements Iterable<Operation<IteratorResult<T, unknown>>>, AsyncIterable<T> {
  /** @internal */
  constructor(
    private readonly chunks: Chunks,
    private readonly request: Titled,
    private readonly parse: (line: string, number: number) => T | undefined,
    private readonly options: LinesOptions = {},
  ) {
    checkOptions(options, linesOptionNames)
  }

  /** For a loop in a greenlet, as that of {@link each}. */
  [Symbol.iterator](): Iterator<Operation<IteratorResult<T, unknown>>> {
    return each(this)[Symbol.iterator]()
  }

  /** For a `for await` outside of greenlets. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const { chunks, request, parse, options } = this
    return new LineReader(chunks[Symbol.asyncIterator](), request, parse, options.limit ?? LIMIT)
  }
}

class LineReader<T> implements AsyncIterator<T, undefined> {
  private readonly decoder = new TextDecoder()
  /** Lines that are there, the next one last. */
  private ready: string[] = []
  /** The beginning of a line whose end has not come. */
  private begun = ''
  private number = 0
  private over = false

  constructor(
    private readonly chunks: AsyncIterator<Uint8Array, undefined>,
    private readonly request: Titled,
    private readonly parse: (line: string, number: number) => T | undefined,
    private readonly limit: number,
  ) {}

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      for (;;) {
        for (let line = this.ready.pop(); line !== undefined; line = this.ready.pop()) {
          const value = this.parse(line, ++this.number)
          if (value !== undefined) return { done: false, value }
        }
        if (this.over) return { done: true, value: undefined }
        await this.readMore()
      }
    } catch (error) {
      await this.return()
      throw error
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.over = true
    this.ready = []
    await this.chunks.return!()
    return { done: true, value: undefined }
  }

  private async readMore(): Promise<void> {
    const { done, value } = await this.chunks.next()
    const [first, ...others] = this.decoder.decode(value, { stream: done !== true }).split('\n') as [string]
    // To look for the end in the new part alone keeps a long line in small pieces from costing its square.
    this.begun += first
    for (const other of others) {
      this.add(this.begun)
      this.begun = other
    }
    if (done === true) {
      this.over = true
      if (this.begun !== '') this.add(this.begun)
    } else this.check(this.begun)
    this.ready.reverse()
  }

  private add(line: string): void {
    this.check(line)
    this.ready.push(line.endsWith('\r') ? line.slice(0, -1) : line)
  }

  private check(line: string): void {
    if (line.length <= this.limit) return
    throw new LimitError(
      `lines() of ${this.request.title()}: a line has more than ${this.limit} characters; write lines({ limit }) for more`,
      this.limit,
    )
  }
}
