import type { IncomingMessage, ServerResponse } from 'node:http'
import { GreenletExit, KilledError } from '../../scheduler/checks/errors.js'
import { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import { Until } from '../../scheduler/kernel/until.js'
import { isBrokenBy } from '../net/socket-transport.js'
import { Handler } from '../servers/handler-list.js'
import type { AccessEntry } from './access-log.js'
import type { ExchangeChannels, Exchange as ObservedExchange } from '../observing/events/exchange.js'
import type { Connection, Exchange } from './connection.js'
import { refuse } from './response/status-reply.js'
import type { FastResponse } from '../node/fast-response.js'

/** Answers a request: what it returns is waited for. @internal */
export type Responder = (greenlet: RequestGreenlet) => unknown

/** The greenlet of one request. @internal */
export class RequestGreenlet extends Handler implements Exchange {
  /** Whether the client left before it had its response. */
  abandoned = false
  /** Which site is asked for; empty when the request does not say. */
  host = ''
  /** Whether no header is about a body or another protocol. */
  isPlain = true
  /** The error that says that the request makes no sense, if one was raised. */
  malformed: unknown = none
  /** The time at which the request had come, on the hub's clock, for the log. */
  private readonly began: number = 0
  /** The bytes that had gone out on the connection before, for the log. */
  private readonly bytesWrittenBefore: number = 0
  private readonly limit: Timeout | undefined
  private title: string | undefined
  /** The wait for its handler, where that is an async function. */
  private handlerCall: Until<unknown> | undefined
  /** Whether the handler went on when the client had left. */
  private wentOn = false
  private published: ObservedExchange | undefined = undefined

  constructor(
    readonly connection: Connection,
    readonly request: IncomingMessage,
    readonly response: FastResponse,
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

  /** The address of the client. */
  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress
  }

  // Made on request: few do. Without the query, in which many a secret is.
  override get name(): string {
    return this.title ?? `${this.request.method} ${pathOf(this.request)}`
  }

  override set name(name: string) {
    this.title = name
  }

  override run(): unknown {
    this.limit?.start()
    return this.respond(this)
  }

  /** Whether it ended because of what its client sent, or because that has left. */
  get isClientsFault(): boolean {
    const error = this.failure?.error
    if (this.abandoned) return !this.wentOn || this.isDisconnection(error)
    return error === this.malformed
  }

  /**
   * Notes what the handler promised. An async function goes on when its client has left: to end it then is for
   * `killOnDisconnect` to ask.
   *
   * @returns what is to be waited for.
   */
  promised(result: PromiseLike<unknown>): unknown {
    if (result instanceof Operation) return result
    const wait = new Until(result)
    if (wait.runs) this.handlerCall = wait
    return wait
  }

  /** Kills the handler, since nobody is left to answer; but for an async function, which goes on. */
  clientLeft(): void {
    if (this.response.writableEnded) return
    this.abandoned = true
    this.wentOn = this.handlerCall !== undefined && this.wait?.operation === this.handlerCall
    if (!this.wentOn) this.kill(new GreenletExit('the client has left'))
  }

  /** Answers with `status` in place of the handler, which is killed; nothing after this request is one. */
  refuse(status: number): void {
    this.connection.broken = true
    this.connection.endAfter(this.response)
    refuse(this.response, status)
    this.kill(new GreenletExit(`the request was refused with ${status}`))
  }

  /** Gives the client an end, now that the handler has ended in whatever way. */
  conclude(): void {
    const { response, limit, connection } = this
    limit?.cancel()
    if (!response.writableEnded && !this.abandoned) {
      if (response.headersSent) breakOff(response)
      else {
        connection.closeAfterThese()
        refuse(response, this.failedWith)
      }
    }
    connection.end(this)
  }

  /** Tells those who want to know that it begins. */
  publishStart(channels: ExchangeChannels): void {
    const { request } = this
    this.published = channels.begin(request.method!, pathOf(request), this, request)
    this.published.enter?.(() => {
      this.keepContext()
    })
  }

  /** Tells them that it has ended. */
  publishEnd(channels: ExchangeChannels): void {
    if (this.published !== undefined) channels.finish(this.published, this.answeredWith, this.error)
  }

  /** The status that the client got; 499, as others have it, when it left before there was one. */
  get answeredWith(): number {
    const { abandoned, response } = this
    return abandoned && !response.headersSent ? 499 : response.statusCode
  }

  /** The entry of the access log. */
  entry(): AccessEntry {
    const { request, connection } = this
    return {
      remoteAddress: this.remoteAddress,
      date: new Date(),
      method: request.method!,
      url: request.url!,
      httpVersion: request.httpVersion,
      status: this.answeredWith,
      bytesSent: connection.node.bytesWritten - this.bytesWrittenBefore,
      duration: this.hub.now() - this.began,
      referrer: request.headers.referer,
      userAgent: request.headers['user-agent'],
    }
  }

  /** Whether an error says no more than that the client has left. */
  private isDisconnection(error: unknown): boolean {
    const { request, response, connection } = this
    if (error instanceof KilledError || error === request.errored || error === response.errored) return true
    return isBrokenBy(connection.node, error) || STREAM_CODES.has(String((error as NodeJS.ErrnoException | null)?.code))
  }

  /** The status of a handler that did not answer: it failed, was killed, or had no time. */
  private get failedWith(): 400 | 500 | 503 {
    const { failure, limit } = this
    if (failure === undefined || (limit !== undefined && failure.error === limit)) return 503
    return this.isClientsFault ? 400 : 500
  }
}

/**
 * The result of a handler that promised its answer, see {@link RequestGreenlet.promised}.
 * @internal
 */
export function promisedByHandler(result: PromiseLike<unknown>): unknown {
  const { greenlet } = thread
  return greenlet instanceof RequestGreenlet ? greenlet.promised(result) : result
}

/** The codes of Node's errors for a stream whose other end has gone. */
const STREAM_CODES: ReadonlySet<string> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

/** Equals no error, and not `undefined` either, which can be thrown. */
const none = Symbol('none')

// What was written goes out. One that waits for the responses before it has no socket yet.
function breakOff(response: ServerResponse): void {
  if (response.socket === null) response.destroy()
  else response.socket.destroySoon()
}

/** Without the query. */
function pathOf({ url }: IncomingMessage): string {
  const end = url!.indexOf('?')
  return end === -1 ? url! : url!.slice(0, end)
}
