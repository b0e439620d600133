import { connect, type Socket } from 'node:net'
import type { WorkerThread } from '../../io/observing/main-thread.js'
import { AttachError, type Connection, type InspectedThread } from './connection.js'
import { Questions } from './questions.js'

const ENDED = 'it has ended'
/** How long the list of threads may take, in milliseconds. */
const THREADS = 10_000

/** Talks with the thread that serves questions on a Unix socket. */
export class AgentConnection implements Connection {
  private readonly questions = new Questions()
  readonly ended: Promise<string>

  private constructor(private readonly socket: Socket) {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop()!
      for (const line of lines) this.receive(line)
    })
    socket.on('error', () => socket.destroy())
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        resolve(ENDED)
      })
    })
    socket.on('close', () => {
      this.questions.rejectAll(new AttachError(ENDED))
    })
  }

  /** @param path the socket. @throws Error of Node's when nothing listens there. */
  static async open(path: string): Promise<AgentConnection> {
    const socket = connect(path)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new AgentConnection(socket)
  }

  ask(method: string, parameters?: unknown, timeout = 0): Promise<unknown> {
    return this.put({ method, parameters }, timeout)
  }

  async threads(): Promise<InspectedThread[]> {
    const threads = (await this.put({ method: 'threads' }, THREADS)) as WorkerThread[]
    return threads.map(({ session, title }) => ({
      title,
      ask: (method: string, parameters?: unknown, timeout = 0) => this.put({ method, parameters, session }, timeout),
    }))
  }

  private put(question: object, timeout: number): Promise<unknown> {
    if (this.socket.destroyed) return Promise.reject(new AttachError(ENDED))
    return this.questions.ask((id) => {
      this.socket.write(`${JSON.stringify({ id, ...question })}\n`)
    }, timeout)
  }

  private receive(line: string): void {
    const { id, answer, error } = JSON.parse(line) as { id: number; answer?: unknown; error?: string }
    if (error !== undefined) this.questions.reject(id, new Error(error))
    else this.questions.resolve(id, answer)
  }

  close(): Promise<void> {
    this.socket.destroy()
    return Promise.resolve()
  }
}
