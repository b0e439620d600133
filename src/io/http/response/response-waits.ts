import type { ServerResponse } from 'node:http'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import { NetworkOperation } from '../../net/network.js'

/** Waits for an event of a response, unless what it announces has happened. */
abstract class ResponseWait extends NetworkOperation<void, () => void> {
  constructor(
    protected readonly response: ServerResponse,
    private readonly event: 'close' | 'drain',
  ) {
    super()
  }

  protected abstract hasHappened(): boolean

  beginWait(wait: Wait<void, () => void>): void {
    if (this.hasHappened()) {
      wait.resolve()
      return
    }
    const happened = (): void => void wait.resolve()
    wait.detail = happened
    this.response.once(this.event, happened)
  }

  cancelWait(wait: Wait<void, () => void>): void {
    this.response.off(this.event, wait.detail)
  }
}

/** Waits until the client has taken enough for more to be written. @internal */
export class Drain extends ResponseWait {
  constructor(response: ServerResponse) {
    super(response, 'drain')
  }

  protected hasHappened(): boolean {
    return !this.response.writableNeedDrain
  }

  override describe(): string {
    return 'the client to take the response'
  }
}

/** Waits until somebody has ended the response, or the client has left. @internal */
export class Ended extends ResponseWait {
  constructor(response: ServerResponse) {
    super(response, 'close')
  }

  protected hasHappened(): boolean {
    return this.response.writableEnded || this.response.destroyed
  }

  override describe(): string {
    return 'the end of the response'
  }
}
