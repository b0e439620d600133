import type { Hub } from '../../scheduler/kernel/hub.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { runningCall, type Interruptible, type Timeout } from '../../scheduler/kernel/timeout.js'
import { running } from '../calls/call.js'
import { custodyOf, type Custody } from './custody.js'

/** A call for which a timeout runs. */
class LimitedCall implements Interruptible {
  readonly daemon = false
  // What it awaits holds interruptions off by itself.
  readonly shields = 0

  constructor(private readonly custody: Custody) {}

  get hub(): Hub {
    return thread.hub
  }

  interrupt(error: unknown): void {
    this.custody.interrupt(error)
  }

  withdraw(timeout: Timeout): void {
    this.custody.withdraw(timeout.error instanceof Error ? timeout.error : timeout)
  }
}

runningCall.find = () => (running.call === null ? null : new LimitedCall(custodyOf(running.call)))
