import { get } from 'node:http'
import { put } from '../../io/observing/questions.js'
import { AttachError, type Connection, type InspectedThread } from './connection.js'
import { Questions } from './questions.js'
import { WebSocketClient } from './web-socket.js'

interface Reply {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly sessionId: string
    readonly workerInfo?: { readonly title: string }
    readonly message?: string
  }
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly result?: { readonly value?: unknown }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
}

/** Asks over an inspector that is open. */
export class InspectorConnection implements Connection {
  private readonly questions = new Questions()
  private readonly workers = new Map<string, string>()
  readonly ended: Promise<string>

  private constructor(
    private readonly client: WebSocketClient,
    private readonly closes: boolean,
  ) {
    client.onMessage = (text) => {
      this.receive(JSON.parse(text) as Reply)
    }
    this.ended = new Promise((resolve) => {
      client.onClose = () => {
        this.questions.rejectAll(new AttachError('it has ended'))
        resolve('it has ended')
      }
    })
  }

  /**
   * @param closes whether the inspector is closed when this is: it was opened for it.
   * @throws AttachError when what listens there is not the inspector of that process.
   */
  static async open(pid: number, port: number, closes: boolean): Promise<InspectorConnection> {
    const [target] = await listTargets(port)
    if (target === undefined) throw new AttachError(`port ${port} is not an inspector`)
    const client = await WebSocketClient.open(port, new URL(target).pathname)
    const connection = new InspectorConnection(client, closes)
    const { pid: answering } = (await connection.ask('presence', undefined, 10_000)) as { pid: number }
    // In another PID namespace it has another number; the port was found by the files of the process then.
    if (answering !== pid && !closes) {
      client.close()
      throw new AttachError(`the inspector on port ${port} belongs to process ${answering}`)
    }
    return connection
  }

  ask(method: string, parameters?: unknown, timeout = 0): Promise<unknown> {
    return this.evaluate((post) => this.post('Runtime.evaluate', post, timeout), method, parameters)
  }

  async threads(): Promise<InspectedThread[]> {
    await this.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, 5000)
    return Array.from(this.workers, ([sessionId, title]) => ({
      title,
      ask: (method: string, parameters?: unknown, timeout = 0) =>
        this.evaluate((post) => this.postToWorker(sessionId, 'Runtime.evaluate', post, timeout), method, parameters),
    }))
  }

  private evaluate(
    post: (parameters: object) => Promise<Reply>,
    method: string,
    parameters: unknown,
  ): Promise<unknown> {
    const evaluate = async (expression: string, awaitPromise: boolean): Promise<string> => {
      const { result } = await post({ expression, awaitPromise, returnByValue: true })
      const description = result?.exceptionDetails?.exception?.description
      if (description !== undefined) throw new Error(description)
      return String(result?.result?.value)
    }
    return put(evaluate, method, parameters)
  }

  async close(): Promise<void> {
    if (this.closes) {
      // It cuts the connection before it answers.
      const params = { expression: CLOSE_INSPECTOR, includeCommandLineAPI: true }
      await this.post('Runtime.evaluate', params, 2000).catch(() => undefined)
    }
    this.client.close()
  }

  private post(method: string, params: object, timeout: number): Promise<Reply> {
    return this.send((id) => ({ id, method, params }), timeout)
  }

  private postToWorker(sessionId: string, method: string, params: object, timeout: number): Promise<Reply> {
    return this.send(
      (id) => ({
        id: -id,
        method: 'NodeWorker.sendMessageToWorker',
        params: { sessionId, message: JSON.stringify({ id, method, params }) },
      }),
      timeout,
    )
  }

  private send(message: (id: number) => object, timeout: number): Promise<Reply> {
    return this.questions.ask((id) => {
      this.client.send(JSON.stringify(message(id)))
    }, timeout)
  }

  private receive(reply: Reply): void {
    if (reply.method === 'NodeWorker.attachedToWorker')
      this.workers.set(reply.params!.sessionId, reply.params!.workerInfo!.title)
    else if (reply.method === 'NodeWorker.receivedMessageFromWorker')
      this.receive(JSON.parse(reply.params!.message!) as Reply)
    else if (reply.id === undefined) return
    else if (reply.error === undefined) this.questions.resolve(reply.id, reply)
    else this.questions.reject(reply.id, new AttachError(reply.error.message))
  }
}

/** Node 20.0 to 20.15 have no `getBuiltinModule`; the console of the command line has `require`. */
const CLOSE_INSPECTOR = `(process.getBuiltinModule ?? require)('node:inspector').close()`

/** The addresses of what the inspector on a port shows. @throws Error when nobody speaks its language there. */
export function listTargets(port: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const listing = get({ host: '127.0.0.1', port, path: '/json/list', agent: false, timeout: 3000 }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        try {
          const targets = JSON.parse(text) as { webSocketDebuggerUrl: string }[]
          resolve(targets.map(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl))
        } catch (error) {
          reject(error)
        }
      })
    })
    listing.on('timeout', () => listing.destroy(new Error('no answer')))
    listing.on('error', reject)
  })
}
