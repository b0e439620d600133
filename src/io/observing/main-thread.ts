import { Session, type Runtime } from 'node:inspector'
import type { Evaluate } from './questions.js'

/** Looks into the main thread from another one: it answers while the main thread is in a loop, and no port is opened. */
export class MainThread {
  private readonly session = new Session()

  constructor() {
    this.session.connectToMainThread()
  }

  /** Evaluates an expression there. @throws Error when that has thrown. */
  readonly evaluate: Evaluate = (expression, awaitPromise) =>
    new Promise((resolve, reject) => {
      const options = { expression, awaitPromise, returnByValue: true }
      this.session.post('Runtime.evaluate', options, (error: Error | null, reply?: Runtime.EvaluateReturnType) => {
        const raised = error?.message ?? reply?.exceptionDetails?.exception?.description
        if (raised === undefined) resolve(reply!.result.value as string)
        else reject(new Error(raised))
      })
    })

  close(): void {
    this.session.disconnect()
  }
}
