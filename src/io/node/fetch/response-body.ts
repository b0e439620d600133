/** The source of a body. @internal */
export interface Flow {
  /** Lets more come, after a part of which `write` said that no more should. */
  resume(): void
  /** Breaks it off. */
  stop(reason: unknown): void
  /** Notes that the stream has all of it, decompressed: so many bytes. */
  finish(size: number): void
}

/** How much of a body waits in its stream before the connection does, in bytes. */
const WAITING = 64 * 1024

/** The body of a response as a stream of bytes, like those of the platform's own responses. @internal */
export class ResponseBody {
  readonly stream: ReadableStream<Uint8Array>
  private controller!: ReadableByteStreamController
  private size = 0
  private isFull = false

  constructor(private readonly flow: Flow) {
    this.stream = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.controller = controller
        },
        pull: () => {
          if (this.isFull) {
            this.isFull = false
            flow.resume()
          }
        },
        cancel: (reason) => {
          flow.stop(reason)
        },
      },
      { highWaterMark: WAITING },
    )
  }

  /** Adds a part, which is copied: the stream takes the memory of what it is given. @returns whether more may come now. */
  write(part: Uint8Array): boolean {
    if (part.length === 0) return true
    this.size += part.length
    this.controller.enqueue(new Uint8Array(part))
    this.isFull = this.controller.desiredSize! <= 0
    return !this.isFull
  }

  end(): void {
    this.flow.finish(this.size)
    this.controller.close()
    this.controller.byobRequest?.respond(0)
  }

  fail(error: unknown): void {
    this.controller.error(error)
  }
}
