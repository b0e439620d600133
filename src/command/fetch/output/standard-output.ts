import { fstatSync, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { until, type Coroutine } from '../../../index.js'
import { OutputLost } from './output-lost.js'

/** How much may wait to be written before those that have more wait, in bytes. */
const WAITING = 256 * 1024
/** When to try again after a pipe was full that does not block, in milliseconds. */
const PIPE_PAUSE = 5

/**
 * Writes to a file descriptor and knows what was written: standard output of Node reports a full disk or a closed pipe late
 * or never.
 */
export class StandardOutput {
  /** Why nothing can be written any more. */
  lost: OutputLost | undefined
  private waiting: Buffer[] = []
  private size = 0
  private isWriting = false
  private drained: (() => void)[] = []
  private readonly isPrompt: boolean

  /**
   * @param descriptor 1 for standard output.
   * @param onLost called once, when writing has failed.
   */
  constructor(
    private readonly descriptor: number,
    private readonly onLost: (error: OutputLost) => void,
    isSimulated: boolean,
  ) {
    this.isPrompt = isSimulated || isFile(descriptor) || isatty(descriptor)
  }

  /** Writes as soon as possible. */
  put(data: string | Uint8Array): void {
    if (this.lost !== undefined) return
    const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length)
    // A pipe may have to wait for its reader, which must not hold up all others; a file is ready, and on a terminal a line must be
    // there before the bar is drawn again.
    if (this.isPrompt && !this.isWriting) this.writeNow(bytes)
    else this.writeLater(bytes)
  }

  /** Whether so much waits that who has more should wait, too. */
  get isFull(): boolean {
    return this.size > WAITING
  }

  /** Waits until all is written, or lost. */
  *flush(): Coroutine<void> {
    while (this.isWriting) yield* until(new Promise<void>((resolve) => this.drained.push(resolve)))
  }

  private writeNow(bytes: Buffer): void {
    let offset = 0
    try {
      while (offset < bytes.length) offset += writeSync(this.descriptor, bytes, offset)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.writeLater(bytes.subarray(offset))
      else this.lose(error as NodeJS.ErrnoException)
    }
  }

  private writeLater(bytes: Buffer): void {
    this.waiting.push(bytes)
    this.size += bytes.length
    if (!this.isWriting) this.writeNext()
  }

  private writeNext(): void {
    const bytes = this.waiting.length === 1 ? this.waiting[0]! : Buffer.concat(this.waiting)
    this.waiting = []
    this.isWriting = true
    this.writeRest(bytes)
  }

  private writeRest(bytes: Buffer): void {
    write(this.descriptor, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.writeRest(bytes), PIPE_PAUSE)
      else if (error !== null) this.lose(error)
      else {
        this.size -= written
        if (written < bytes.length) this.writeRest(bytes.subarray(written))
        else if (this.waiting.length > 0) this.writeNext()
        else this.drain()
      }
    })
  }

  private lose(error: NodeJS.ErrnoException): void {
    this.lost = new OutputLost(this.descriptor === 1 ? 'standard output' : 'standard error', error)
    this.waiting = []
    this.size = 0
    this.drain()
    this.onLost(this.lost)
  }

  private drain(): void {
    this.isWriting = false
    const { drained } = this
    this.drained = []
    for (const resolve of drained) resolve()
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}
