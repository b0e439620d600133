import { constants, type BigIntStats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** The bytes that are read at a time. */
const PIECE = 64 * 1024

// What was a file a moment ago may be a pipe now, which would be waited for until somebody writes to it.

const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/**
 * A part of a file, which is opened when it is read for the first time: one that is not read leaves nothing open.
 * @internal
 */
export class FileContent {
  /**
   * @param path leads there without a link.
   * @param stats the file that is meant.
   */
  constructor(
    private readonly path: string,
    private readonly stats: BigIntStats,
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** @throws Error when the file is another one by now. */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(this.end - this.start)
    if (bytes.length === 0) return bytes
    const handle = await this.open()
    try {
      for (let size = 0; size < bytes.length;) {
        const { bytesRead } = await handle.read(bytes, size, bytes.length - size, this.start + size)
        if (bytesRead === 0) throw this.changed()
        size += bytesRead
      }
    } finally {
      await handle.close()
    }
    return bytes
  }

  /** As it is asked for; the error is that of {@link readAll}. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let handle: FileHandle | undefined
    let position = this.start
    let reading: Promise<void> | undefined
    const read = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> => {
      handle ??= await this.open()
      const bytes = new Uint8Array(Math.min(PIECE, this.end - position))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, position)
      position += bytesRead
      const isLast = position === this.end
      if (bytesRead === 0 || (isLast && !(await this.isSame(handle)))) throw this.changed()
      controller.enqueue(bytes.subarray(0, bytesRead))
      if (!isLast) return
      await handle.close()
      controller.close()
    }
    const close = async (): Promise<void> => {
      await handle?.close()
    }
    return new ReadableStream(
      {
        pull: (controller) => {
          reading = read(controller).catch(async (error: unknown) => {
            await close()
            throw error
          })
          return reading
        },
        // What is being read has to come first: the number of a descriptor that is closed may be another one's at once.
        cancel: () => reading?.then(close, close),
      },
      { highWaterMark: 0 },
    )
  }

  private async open(): Promise<FileHandle> {
    const handle = await open(this.path, FLAGS)
    if (await this.isSame(handle)) return handle
    await handle.close()
    throw this.changed()
  }

  private async isSame(handle: FileHandle): Promise<boolean> {
    const { size, mtimeNs, ino } = await handle.stat({ bigint: true })
    const { stats } = this
    return size === stats.size && mtimeNs === stats.mtimeNs && ino === stats.ino
  }

  private changed(): Error {
    return new Error(`${this.path} changed while it was being sent`)
  }
}
