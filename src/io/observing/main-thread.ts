import { Session, type NodeWorker, type Runtime } from 'node:inspector'
import type { Evaluate } from './questions.js'

/** A worker thread of the process. */
export interface WorkerThread {
  readonly session: string
  readonly title: string
}

interface Reply {
  readonly id?: number
  readonly error?: { readonly message: string }
  readonly result?: Runtime.EvaluateReturnType
}

/** Looks into the main thread from another one: it answers while the main thread is in a loop, and no port is opened. */
export class MainThread {
  private readonly session = new Session()
  private readonly workers = new Map<string, string>()
  private readonly pending = new Map<number, (reply: Reply) => void>()
  private posted = 0

  constructor() {
    const { session } = this
    session.connectToMainThread()
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      this.workers.set(params.sessionId, params.workerInfo.title)
    })
    session.on('NodeWorker.detachedFromWorker', ({ params }) => this.workers.delete(params.sessionId))
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      this.receive(params)
    })
  }

  /** Evaluates an expression there. @throws Error when that has thrown. */
  readonly evaluate: Evaluate = (expression, awaitPromise) =>
    new Promise((resolve, reject) => {
      const options = { expression, awaitPromise, returnByValue: true }
      this.session.post('Runtime.evaluate', options, (error: Error | null, result?: Runtime.EvaluateReturnType) => {
        if (error === null) settle(result!, resolve, reject)
        else reject(new Error(error.message))
      })
    })

  /** Evaluates expressions in a worker thread. */
  evaluateIn(session: string): Evaluate {
    return (expression, awaitPromise) =>
      new Promise((resolve, reject) => {
        const id = ++this.posted
        this.pending.set(id, ({ error, result }) => {
          if (error === undefined) settle(result!, resolve, reject)
          else reject(new Error(error.message))
        })
        const params = { expression, awaitPromise, returnByValue: true }
        const message = JSON.stringify({ id, method: 'Runtime.evaluate', params })
        this.session.post('NodeWorker.sendMessageToWorker', { sessionId: session, message }, (error) => {
          if (error === null) return
          this.pending.delete(id)
          reject(new Error(error.message))
        })
      })
  }

  /** The worker threads that there are. */
  threads(): Promise<WorkerThread[]> {
    return new Promise((resolve, reject) => {
      this.session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
        if (error !== null) reject(new Error(error.message))
        else resolve(Array.from(this.workers, ([session, title]) => ({ session, title })))
      })
    })
  }

  private receive({ message }: NodeWorker.ReceivedMessageFromWorkerEventDataType): void {
    const reply = JSON.parse(message) as Reply
    if (reply.id === undefined) return
    this.pending.get(reply.id)?.(reply)
    this.pending.delete(reply.id)
  }

  close(): void {
    this.session.disconnect()
  }
}

function settle(
  { result, exceptionDetails }: Runtime.EvaluateReturnType,
  resolve: (text: string) => void,
  reject: (error: Error) => void,
): void {
  if (exceptionDetails === undefined) resolve(result.value as string)
  else reject(new Error(exceptionDetails.exception?.description ?? exceptionDetails.text))
}
