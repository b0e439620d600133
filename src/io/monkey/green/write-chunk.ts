import type { EventEmitter } from 'node:events'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { NetworkOperation } from '../../net/network.js'
import { ignoreLateErrors } from './ignore-late-errors.js'

/** An object with Node's `write`: a `Writable`, a request or response of HTTP. */
export interface WriteTarget extends EventEmitter {
  write(chunk: unknown, written: (error?: Error | null) => void): boolean
}

/** A wait until a stream of Node's has written a chunk: the writes before it are done, too. */
export class WriteChunk extends NetworkOperation<void> {
  constructor(
    private readonly stream: WriteTarget,
    private readonly chunk: unknown,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void>): void {
    ignoreLateErrors(this.stream)
    this.stream.write(this.chunk, (error) => {
      if (error) wait.reject(error)
      else wait.resolve()
    })
  }

  cancelWait(): void {
    // It was handed to the stream, which has no way to give it back.
  }

  override describe(): string {
    return `${this.stream.constructor.name}.sendAll`
  }
}
