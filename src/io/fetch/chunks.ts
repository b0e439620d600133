import { each } from '../../scheduler/waits/each.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { FetchAbort } from './fetch-abort.js'
import { explain } from './fetch-error.js'

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
    private readonly response: Response,
    private readonly abort: FetchAbort,
  ) {}

  /** For a loop in a greenlet, as that of {@link each}. */
  [Symbol.iterator](): Iterator<Operation<IteratorResult<Uint8Array, unknown>>> {
    return each(this)[Symbol.iterator]()
  }

  /** For a `for await` outside of greenlets. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const { response, abort } = this
    if (response.bodyUsed) throw new TypeError(`chunks() of ${abort.request.title()}: the body was already read`)
    return new ChunkReader(response, abort)
  }
}

/** One reading of a body. */
class ChunkReader implements AsyncIterator<Uint8Array, undefined> {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined

  constructor(
    private readonly response: Response,
    private readonly abort: FetchAbort,
  ) {
    this.reader = response.body?.getReader()
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { abort } = this
    try {
      const result = await this.reader?.read()
      if (result?.done === false) return { done: false, value: result.value }
      abort.end()
      return { done: true, value: undefined }
    } catch (error) {
      abort.end()
      throw abort.aborted ? abort.reason : explain(error, abort.request)
    }
  }

  // The stream is cancelled too, for the sake of a clone that goes on; its end is not waited for, because it would wait
  // for the clone's.
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.abort.giveUp(this.response)
    this.reader?.cancel().catch(() => undefined)
    return Promise.resolve({ done: true, value: undefined })
  }
}
