import { GreenletExit } from '../../scheduler/checks/errors.js'
import { isCoroutine, type Coroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { Queue } from '../../scheduler/queues/queue.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import type { Body, Chunk } from '../wsgi/application.js'
import { bodyOf, drive } from '../wsgi/body.js'

/**
 * A body that is made while it is sent: a generator or a function that gives one, in which `yield chunk` sends and
 * `yield*`
 * waits; an iterable or an async iterable of chunks. A function can be called again, for another attempt.
 */
export type UploadBody = Coroutine<unknown> | AsyncIterable<Chunk> | (() => Body)

/** Whether `body` is one, and not what the platform's `fetch` understands. @internal */
export function isUpload(body: unknown): body is UploadBody {
  if (typeof body === 'function' || isCoroutine(body)) return true
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && !(body instanceof ReadableStream)
}

/** One sending of such a body. @internal */
export class Upload {
  /** For the platform. */
  readonly stream: ReadableStream<Uint8Array>
  private readonly pieces = new Queue<Piece>(1)
  private producer: Greenlet | undefined

  constructor(private readonly body: UploadBody) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.pull(controller),
        cancel: () => {
          this.end()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /**
   * Nothing of it is wanted any more. The platform does not say so to a stream from which it is waiting for more. Its
   * cleanup may wait, and nothing waits for that.
   */
  end(): void {
    void this.producer?.kill()
    this.pieces.shutdown({ immediate: true })
  }

  private async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { body, pieces } = this
    this.producer ??= startProducer(body, pieces)
    const piece = await pieces.get()
    if (piece.bytes !== undefined) controller.enqueue(piece.bytes)
    else if ('error' in piece) controller.error(piece.error)
    else controller.close()
  }
}

/** A part of a body; without `bytes` the end, or an error. */
interface Piece {
  readonly bytes?: Uint8Array
  readonly error?: unknown
}

function startProducer(body: UploadBody, pieces: Queue<Piece>): Greenlet {
  const take = function* (chunk: Chunk): Coroutine<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes.length > 0) yield* pieces.put({ bytes })
  }
  return spawn(function* upload() {
    let last: Piece = {}
    try {
      yield* drive(bodyOf(typeof body === 'function' ? body() : body), take)
    } catch (error) {
      if (GreenletExit.isExit(error)) throw error
      last = { error }
    }
    yield* pieces.put(last)
  })
}
