import type { IncomingMessage, ServerResponse } from 'node:http'
import { GreenletExit } from '../../scheduler/checks/errors.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import { Handler } from '../servers/base-server.js'
import type { Connection } from './connection.js'
import { refuse } from './response/status-reply.js'
import type { WholeResponse } from '../node/fast-response.js'

/** Answers a request: what it returns is waited for. @internal */
export type Responder = (exchange: Exchange) => unknown

/** The greenlet of one request. @internal */
export class Exchange extends Handler {
  /** Whether the client left before it had its response. */
  abandoned = false
  /** Which site is asked for; empty when the request does not say. */
  host = ''
  /** When the request had come, in milliseconds of the hub's clock, for the log. */
  readonly began: number = 0
  /** How much had gone out on the connection before, for the log. */
  readonly bytesWrittenBefore: number = 0
  private readonly limit: Timeout | undefined
  private title: string | undefined

  constructor(
    readonly connection: Connection,
    readonly request: IncomingMessage,
    readonly response: WholeResponse,
    private readonly respond: Responder,
    timeLimit: number,
    isLogged: boolean,
  ) {
    super()
    if (isLogged) {
      this.began = this.hub.now()
      this.bytesWrittenBefore = connection.node.bytesWritten
    }
    if (timeLimit !== Infinity) this.limit = new Timeout(timeLimit)
    connection.begin(this)
  }

  /** Who asked. */
  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress
  }

  // Made when somebody asks: few do. Without the query, in which many a secret is.
  override get name(): string {
    return this.title ?? `${this.request.method} ${this.request.url!.split('?')[0]}`
  }

  override set name(name: string) {
    this.title = name
  }

  override run(): unknown {
    this.limit?.start()
    return this.respond(this)
  }

  /** The client is gone: whatever the handler does is in vain. */
  clientLeft(): void {
    if (this.response.writableEnded) return
    this.abandoned = true
    this.kill(new GreenletExit('the client has left'))
  }

  /** Answers with `status` in place of the handler, which is killed. */
  refuse(status: number): void {
    refuse(this.response, status)
    this.kill(new GreenletExit(`the request was refused with ${status}`))
  }

  /** The handler has ended, in whatever way: the client gets an end, too. */
  conclude(): void {
    const { response, limit, error } = this
    limit?.cancel()
    if (!response.writableEnded && !this.abandoned) {
      if (response.headersSent) breakOff(response)
      else if (error === undefined) refuse(response, 503)
      else refuse(response, error === limit ? 503 : 500)
    }
    this.connection.end(this)
  }
}

// What was written goes out. One that waits for the responses before it has no socket yet.
function breakOff(response: ServerResponse): void {
  if (response.socket === null) response.destroy()
  else response.socket.destroySoon()
}
