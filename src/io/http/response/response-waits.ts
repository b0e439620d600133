import type { ServerResponse } from 'node:http'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import { NetworkOperation } from '../../net/network.js'

/** Waits until the client has taken enough for more to be written. @internal */
export class Drain extends NetworkOperation<void, () => void> {
  constructor(private readonly response: ServerResponse) {
    super()
  }

  beginWait(wait: Wait<void, () => void>): void {
    const { response } = this
    if (!response.writableNeedDrain) {
      wait.resolve()
      return
    }
    const drained = (): void => void wait.resolve()
    wait.detail = drained
    response.once('drain', drained)
  }

  cancelWait(wait: Wait<void, () => void>): void {
    this.response.off('drain', wait.detail)
  }

  override describe(): string {
    return 'the client to take the response'
  }
}

/** Waits until somebody has ended the response, or the client has left. @internal */
export class Ended extends NetworkOperation<void, () => void> {
  constructor(private readonly response: ServerResponse) {
    super()
  }

  beginWait(wait: Wait<void, () => void>): void {
    const { response } = this
    if (response.writableEnded || response.destroyed) {
      wait.resolve()
      return
    }
    const closed = (): void => void wait.resolve()
    wait.detail = closed
    response.once('close', closed)
  }

  cancelWait(wait: Wait<void, () => void>): void {
    this.response.off('close', wait.detail)
  }

  override describe(): string {
    return 'the end of the response'
  }
}
