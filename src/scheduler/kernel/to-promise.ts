import type { Hub } from './hub.js'
import type { Operation } from './operation.js'
import { thread } from './thread.js'
import { Wait, type Waiter } from './wait.js'

/** Waits on behalf of a promise. */
class Outside implements Waiter {
  readonly greenlet = null

  constructor(
    readonly hub: Hub,
    private readonly onFulfilled: (value: never) => void,
    private readonly onRejected: (reason: unknown) => void,
  ) {}

  wake(wait: Wait<unknown>): void {
    this.hub.outside.delete(wait)
    if (wait.failed) this.onRejected(wait.value)
    else this.onFulfilled(wait.value as never)
  }
}

/** The result of `operation` as a promise, for those who are in no greenlet. @internal */
export function outside<T>(operation: Operation<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { hub } = thread
    const wait = new Wait(operation)
    const waiter = new Outside(hub, resolve, reject)
    wait.begin(waiter)
    if (wait.settled) waiter.wake(wait)
    else hub.outside.add(wait)
  })
}
