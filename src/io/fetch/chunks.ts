import { each } from '../../scheduler/waits/each.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { BodyCounter } from './body-limit.js'
import type { Exchange } from './fetch-abort.js'
import { explain } from './fetch-error.js'
import { LimitError } from '../net/socket-errors.js'

/**
 * The body of a response as it arrives: in a greenlet a loop over operations, outside `for await` over the chunks.
 *
 * ```ts
 * for (const next of response.chunks()) {
 *   const chunk = yield* next
 *   if (chunk.done) break
 *   console.log(chunk.value.length)
 * }
 * ```
 */
export class Chunks implements Iterable<Operation<IteratorResult<Uint8Array, unknown>>>, AsyncIterable<Uint8Array> {
  /** @internal */
  constructor(
    private readonly response: Pick<Response, 'body' | 'bodyUsed'>,
    private readonly exchange: Exchange,
    private readonly request: string,
    private readonly limit: number = Infinity,
  ) {}

  /** For a loop in a greenlet, as that of {@link each}. */
  [Symbol.iterator](): Iterator<Operation<IteratorResult<Uint8Array, unknown>>> {
    return each(this)[Symbol.iterator]()
  }

  /** For a `for await` outside of greenlets. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const { response, exchange, request, limit } = this
    if (response.bodyUsed) throw new TypeError(`chunks() of ${request}: the body was read before`)
    return new ChunkReader(response.body, exchange, request, limit)
  }
}

/** One reading of a body. */
class ChunkReader implements AsyncIterator<Uint8Array, undefined> {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  private readonly counter: BodyCounter

  constructor(
    body: ReadableStream<Uint8Array> | null,
    private readonly exchange: Exchange,
    private readonly request: string,
    limit: number,
  ) {
    this.reader = body?.getReader()
    this.counter = new BodyCounter(limit, request)
    exchange.enter(this)
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { reader, exchange, counter } = this
    try {
      const result = await reader?.read()
      if (result?.done === false) {
        counter.count(result.value)
        return { done: false, value: result.value }
      }
      exchange.leave(this)
      return { done: true, value: undefined }
    } catch (error) {
      // There is more than was allowed.
      if (error instanceof LimitError) await this.return()
      else exchange.leave(this)
      throw exchange.aborted && !(error instanceof LimitError) ? exchange.reason : explain(error, this.request)
    }
  }

  // The stream is cancelled too, for the sake of a clone that goes on; its end is not waited for, because it would wait
  // for the clone's.
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.exchange.giveUp(this)
    this.reader?.cancel().catch(() => undefined)
    return Promise.resolve({ done: true, value: undefined })
  }
}
