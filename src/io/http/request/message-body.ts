import { hideSecrets } from '../../diagnostics/hide-secrets.js'
import type { IncomingMessage } from 'node:http'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { ReadOperation, ReadSide, Recv, RecvAtMost } from '../../net/socket-reading.js'
import { ConnectionResetError } from '../../net/socket-errors.js'
import { noteBroken } from '../../net/socket-transport.js'

/**
 * The body of a request, read green: from Node's stream comes only what something waits for, so that a handler that
 * does not read stops the client. @internal
 */
export class MessageBody {
  /** Whether anybody has begun to read it. */
  used = false
  /** Whether it was read as a whole. */
  consumed = false
  private made: ReadSide | undefined

  constructor(readonly message: IncomingMessage) {}

  // Made when somebody reads: most requests have no body.
  get side(): ReadSide {
    return (this.made ??= new BodySide(this))
  }

  /** The next bytes; `null` at the end. */
  recv(max?: number, options?: WaitOptions): Operation<Buffer | null> {
    return max === undefined ? new Recv(this.side, options) : new RecvAtMost(this.side, max, options)
  }

  /** All that is left. */
  readAll(options?: WaitOptions): Operation<Buffer> {
    return new ReadAll(this.side, options)
  }

  startReading(): void {
    const { message, side } = this
    if (!this.used) {
      this.used = true
      // A read after the answer finds its end.
      if (message.readableEnded) side.end()
      message.on('data', (chunk: Buffer) => {
        if (!side.arrived(chunk)) message.pause()
      })
      message.on('end', () => {
        side.end()
      })
      message.on('error', () => {
        side.fail(() => this.leftEarly())
      })
    } else message.resume()
  }

  private leftEarly(): ConnectionResetError {
    const error = new ConnectionResetError(`${this.toString()}: the client disconnected before it had sent everything`)
    noteBroken(this.message.socket, error)
    return error
  }

  toString(): string {
    return hideSecrets(`the body of ${this.message.method} ${this.message.url}`)
  }
}

class BodySide extends ReadSide {
  constructor(private readonly body: MessageBody) {
    super()
  }

  protected startReading(): void {
    this.body.startReading()
  }

  override toString(): string {
    return this.body.toString()
  }
}

/** @internal */
export class ReadAll extends ReadOperation<Buffer> {
  attempt(): boolean {
    return false
  }

  conclude(wait: Wait<Buffer, Buffer | undefined>): void {
    const taken = this.side.take(this.side.length)
    this.deliver(wait, taken, taken)
  }

  override describe(): string {
    return `${this.side.toString()}.readAll`
  }
}
