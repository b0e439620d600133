import { isThenable } from '../../scheduler/checks/thenable.js'
import { call } from '../../scheduler/greenlets/call.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { AmbientValue } from '../../scheduler/kernel/host.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Event } from '../../scheduler/sync/event.js'
import { OpenRequest } from './open-request.js'

/** The request of a handler in the platform's terms. @internal */
export interface WebRequest {
  readonly signal: AbortSignal
  readonly node?: IncomingMessage
}

/** The response of a handler in Node's terms, as far as it tells when the request is over. @internal */
export interface ServerResponse {
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  readonly destroyed: boolean
  once(event: 'close', listener: () => void): unknown
}

/** The request of a handler in Node's terms. @internal */
export interface IncomingMessage {
  readonly socket?: { readonly server?: Server } | null
}

interface Server {
  close?: () => unknown
}

interface Process {
  exit?: () => void
  listenerCount?: (signal: string) => number
}

const LEFT = 'the client has left'

/** Counts the middlewares that end on a signal and still have requests to answer. */
let stopping = 0

/** The requests that are being answered. @internal */
export class OpenRequests {
  private readonly requests = new Set<OpenRequest>()
  private readonly servers = new Set<Server>()
  private readonly none = new Event()

  constructor(private readonly ambient: AmbientValue) {
    this.none.set()
  }

  get size(): number {
    return this.requests.size
  }

  /** Answers a request: what `answer` begins belongs to it. */
  enter<R>(message: IncomingMessage, response: ServerResponse, answer: () => R): R {
    const request = this.open(message)
    const closed = (): void => {
      if (response.writableEnded) request.conclude()
      else request.kill(LEFT)
    }
    // What ran before may have taken longer than the client had patience.
    if (response.destroyed) closed()
    else response.once('close', closed)
    return this.run(request, answer)
  }

  /** As {@link enter}, for a handler whose answer is what it returns: what it has answered is sent by its server. */
  enterWeb<R>({ signal, node }: WebRequest, answer: () => R): R {
    const request = this.open(node)
    const left = (): void => {
      request.kill(LEFT)
    }
    const response = responseOfGreenlet()
    const sent = (): void => {
      request.conclude()
    }
    const answered = (): void => {
      signal.removeEventListener('abort', left)
      if (response === undefined || response.destroyed || response.writableFinished) sent()
      else response.once('close', sent)
    }
    if (signal.aborted) left()
    else signal.addEventListener('abort', left)
    let result: R
    try {
      result = this.run(request, answer)
    } catch (error) {
      answered()
      throw error
    }
    if (isThenable(result)) result.then(answered, answered)
    else answered()
    return result
  }

  private open(message: IncomingMessage | undefined): OpenRequest {
    const server = message?.socket?.server
    if (server !== undefined) this.servers.add(server)
    const request = new OpenRequest(this.ended)
    this.requests.add(request)
    this.none.clear()
    return request
  }

  private run<R>(request: OpenRequest, answer: () => R): R {
    const result = this.ambient.run(request, answer)
    request.answeredBy(result)
    return result
  }

  /** Enters the scope of the request that is being answered, once more. */
  again(): <R>(answer: () => R) => R {
    const request = this.ambient.getStore() as object
    return (answer) => this.ambient.run(request, answer)
  }

  stop(timeout: number): Operation<void> {
    return call(() => spawn(() => this.end(timeout)))
  }

  endOnSignal(deadline: number): void {
    thread.hub.platform.trapSignals?.((signal) => {
      stopping++
      for (const server of this.servers) server.close?.()
      spawn(() => this.end(deadline)).link(() => {
        const { process } = globalThis as { process?: Process }
        // A program that listens by itself ends by itself.
        if (--stopping === 0 && (process?.listenerCount?.(signal) ?? 0) <= 1) process?.exit?.()
      })
    })
  }

  private *end(timeout: number): Coroutine<void> {
    yield* this.none.wait({ timeout })
    for (const request of Array.from(this.requests)) request.kill('the server is stopping')
    yield* this.none.wait()
  }

  private readonly ended = (request: OpenRequest): void => {
    this.requests.delete(request)
    if (this.requests.size === 0) this.none.set()
  }
}

/** The response by which the greenlet of `HTTPServer` answers. */
function responseOfGreenlet(): ServerResponse | undefined {
  const { response } = (thread.greenlet ?? {}) as { readonly response?: ServerResponse }
  return typeof response?.once === 'function' ? response : undefined
}
