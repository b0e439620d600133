import { MainThread } from '../../io/observing/main-thread.js'
import { put } from '../../io/observing/questions.js'
import { NoAnswerError, type Connection, type InspectedThread } from './connection.js'

/** Asks the main thread of this very process from another thread. */
export class OwnMainThread implements Connection {
  /** It ends with this thread. */
  readonly ended: Promise<string> = new Promise<string>(() => undefined)
  private readonly main = new MainThread()

  ask(method: string, parameters?: unknown, timeout = 0): Promise<unknown> {
    const answer = put(this.main.evaluate, method, parameters)
    if (timeout === 0) return answer
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new NoAnswerError())
      }, timeout)
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer)
      })
    })
  }

  async threads(): Promise<InspectedThread[]> {
    const threads = await this.main.threads()
    return threads.map(({ session, title }) => ({
      title,
      ask: (method: string, parameters?: unknown) => put(this.main.evaluateIn(session), method, parameters),
    }))
  }

  close(): Promise<void> {
    this.main.close()
    return Promise.resolve()
  }
}
