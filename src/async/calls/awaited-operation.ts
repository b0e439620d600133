import type { OutsideWait } from '../../scheduler/kernel/hub.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'

/**
 * Stands for an operation where a call awaits it: the engine asks it for the result as it would ask the operation, and in
 * the same microtask. So the wait of one call is known from those of others that await the same operation.
 * @internal
 */
export class AwaitedOperation {
  private wait: OutsideWait | null = null

  constructor(readonly operation: Operation<unknown>) {}

  /** Its wait, unless that has not begun, or is over. */
  get pendingWait(): OutsideWait | undefined {
    const { wait } = this
    return wait !== null && thread.hub.outside.has(wait) ? wait : undefined
  }

  then(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    const { hub } = thread
    hub.latestOutside = null
    void this.operation.then(resolve, reject)
    this.wait = hub.latestOutside
    hub.latestOutside = null
  }
}
