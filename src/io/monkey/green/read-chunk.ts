import { Socket as NodeSocket } from 'node:net'
import type { Readable } from 'node:stream'
import { outOfRange } from '../../../scheduler/checks/bad-argument.js'
import { misuse } from '../../../scheduler/checks/errors.js'
import { ConcurrentUseError } from '../../../scheduler/checks/state-errors.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { NetworkOperation } from '../../net/network.js'
import { ClosedError } from '../../net/socket-errors.js'
import { Listeners } from './event-wait.js'
import { ignoreLateErrors } from './ignore-late-errors.js'

const readers = new WeakMap<Readable, Wait<unknown>>()

/** A wait for the next chunk of a stream of Node's, read as Node's own iterator reads it. */
export class ReadChunk extends NetworkOperation<unknown, Listeners> {
  constructor(
    private readonly stream: Readable,
    private readonly max: number | undefined,
    options?: WaitOptions,
  ) {
    super(options)
    if (max !== undefined && !(Number.isInteger(max) && max > 0)) {
      throw outOfRange('recv(max)', 'a whole number from 1', max)
    }
  }

  beginWait(wait: Wait<unknown, Listeners>): void {
    const { stream } = this
    if (readers.get(stream)?.parked) {
      throw misuse(
        new ConcurrentUseError(
          `${this.describe()}: another greenlet is already reading from this stream. ` +
            'Read in one greenlet, and pass the data to the others through a Queue',
        ),
      )
    }
    ignoreLateErrors(stream)
    if (this.attempt(wait)) return
    readers.set(stream, wait)
    this.listen(wait)
  }

  cancelWait(wait: Wait<unknown, Listeners>): void {
    wait.detail.remove()
    readers.delete(this.stream)
  }

  override undoWait(_wait: Wait<unknown, Listeners>, chunk: unknown): void {
    if (chunk !== null) this.stream.unshift(chunk)
  }

  // Streams of files, of transformations and of memory know of no simulation.
  override isExternal(): boolean {
    return super.isExternal() || !(this.stream instanceof NodeSocket || 'socket' in this.stream)
  }

  override describe(): string {
    return `${this.stream.constructor.name}.recv`
  }

  private listen(wait: Wait<unknown, Listeners>): void {
    const again = (): void => {
      if (!this.attempt(wait)) this.listen(wait)
    }
    wait.detail = new Listeners(this.stream, { readable: again, end: again, error: again, close: again })
  }

  /** Ends the wait if there is something to end it with. */
  private attempt(wait: Wait<unknown, Listeners>): boolean {
    const { stream } = this
    const chunk = this.read()
    if (chunk !== null) return wait.resolve(chunk)
    if (stream.errored !== null) return wait.reject(stream.errored)
    if (stream.readableEnded) return wait.resolve(null)
    return stream.destroyed && wait.reject(new ClosedError(`${this.describe()}: the stream was destroyed`))
  }

  private read(): unknown {
    const { stream, max } = this
    const isTooMuch = max !== undefined && !stream.readableObjectMode && stream.readableLength > max
    return stream.read(isTooMuch ? max : undefined)
  }
}
