import type * as http from 'node:http'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { call } from '../../scheduler/greenlets/call.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { isThenable } from '../../scheduler/checks/thenable.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { AmbientValue } from '../../scheduler/kernel/host.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Event } from '../../scheduler/sync/event.js'
import { onEntered } from '../calls/call.js'
import { OpenRequest } from './open-request.js'

/** Options of {@link killOnDisconnect}. */
export interface KillOnDisconnectOptions {
  /**
   * The time, in milliseconds, that requests have to end after SIGTERM or SIGINT. Then their handlers are killed, and
   * when those have cleaned up the program exits. Without it signals do what they did.
   */
  readonly deadline?: number | undefined
}

/** The middleware that {@link killOnDisconnect} gives a framework. */
export interface KillOnDisconnect {
  /** Takes a request, as middleware of Express, Koa and Nest and as a plugin of Fastify. */
  (first: unknown, second: unknown, third?: unknown): void
  /** How many requests are being answered. */
  readonly open: number
  /**
   * Lets the requests that are being answered end, and kills the handlers of those that have not after `timeout`
   * milliseconds, 1,000 unless given.
   *
   * Cancel safety: once begun, it continues even if the wait is cancelled.
   */
  stop(options?: { readonly timeout?: number | undefined }): Operation<void>
}

/** A handler of `node:http`, or of `HTTPServer`, in Node's terms or in those of the platform. */
type Handler = (...args: never[]) => unknown

/** The request of a handler in the platform's terms. */
interface WebRequest {
  readonly signal: AbortSignal
  readonly node?: IncomingMessage
}

interface ServerResponse {
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  readonly destroyed: boolean
  once(event: 'close', listener: () => void): unknown
}

interface Server {
  close?: () => unknown
}

interface IncomingMessage {
  readonly socket?: { readonly server?: Server } | null
}

interface FastifyRequest {
  readonly raw: IncomingMessage
}

interface FastifyReply {
  readonly raw: ServerResponse
}

type FastifyHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void

interface Fastify {
  addHook(name: string, hook: FastifyHook): void
}

interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

interface Process {
  exit?: () => void
  listenerCount?: (signal: string) => number
}

const GRACE = 1000
const LEFT = 'the client has left'

/** How many of all that end on a signal have still requests that are being answered. */
let stopping = 0

/** In whose scope the handlers of a request run; made when it is first asked for. */
let ambient: AmbientValue | undefined

/**
 * Kills the handler of a request when its client leaves before it has its answer: the kill is raised at the `await`
 * where the handler is, and its `finally` runs, so that a transaction is rolled back. It is for handlers that are
 * compiled async functions, in any framework. Nothing is killed without it: a payment must not stop because a browser
 * closes.
 *
 * ```ts
 * app.use(killOnDisconnect())                    // Express, Koa, Nest: before the routes
 * await fastify.register(killOnDisconnect())     // Fastify
 * http.createServer(killOnDisconnect(handler))   // node:http
 * new HTTPServer(8080, killOnDisconnect(handler)) // HTTPServer, in either of its terms
 * ```
 *
 * Killed are the functions that the framework called for the request, and what these await, as the rule of kills has
 * it.
 * What a handler began and did not wait for goes on. A request that has its whole answer is never killed. The framework
 * gets a `KilledError` as the failure of the handler.
 *
 * @param handler answers requests; for a framework there is none.
 * @param options what happens when the program is asked to end.
 * @throws TypeError for an argument that is neither.
 */
export function killOnDisconnect(options?: KillOnDisconnectOptions): KillOnDisconnect
/** As the other one, for a handler of `node:http` or of `HTTPServer`: gives the handler that takes its place. */
export function killOnDisconnect(
  handler: (request: http.IncomingMessage, response: http.ServerResponse) => unknown,
  options?: KillOnDisconnectOptions,
): (request: http.IncomingMessage, response: http.ServerResponse) => unknown
/** As the one before, for handlers of other types. */
export function killOnDisconnect<H extends Handler>(handler: H, options?: KillOnDisconnectOptions): H
export function killOnDisconnect(
  first: Handler | KillOnDisconnectOptions = {},
  second: KillOnDisconnectOptions = {},
): unknown {
  const handler = typeof first === 'function' ? first : undefined
  const options = typeof first === 'function' ? second : first
  if (typeof options !== 'object' || options === null)
    throw badArgument('killOnDisconnect(handler, options)', 'a function, or options', options)
  checkOptions(options, { own: ['deadline'] })
  const { deadline } = options
  if (deadline !== undefined) checkDuration(deadline, 'killOnDisconnect({ deadline })')
  const requests = new OpenRequests(ambientValue())
  if (deadline !== undefined) requests.endOnSignal(deadline)
  return handler === undefined ? middleware(requests) : wrapped(handler, requests)
}

function ambientValue(): AmbientValue {
  if (ambient !== undefined) return ambient
  const made = thread.hub.platform.makeAmbientValue?.()
  if (made === undefined) {
    throw misuse(new TypeError('killOnDisconnect() needs AsyncLocalStorage, which this platform lacks'))
  }
  ambient = made
  onEntered((call) => {
    const request = made.getStore()
    if (request instanceof OpenRequest) request.add(call)
  })
  return made
}

/** The requests that are being answered. */
class OpenRequests {
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

function wrapped(handler: Handler, requests: OpenRequests): Handler {
  const answer = function (this: unknown, ...args: never[]): unknown {
    const [request, response] = args as unknown as [IncomingMessage | WebRequest, ServerResponse | undefined]
    const answer = (): unknown => handler.apply(this, args)
    if (typeof response?.once === 'function') return requests.enter(request as IncomingMessage, response, answer)
    return requests.enterWeb(request as WebRequest, answer)
  }
  // HTTPServer tells by the number in which terms a handler speaks.
  return Object.defineProperty(answer, 'length', { value: handler.length })
}

function middleware(requests: OpenRequests): KillOnDisconnect {
  // Three parameters, named or not, make it a plugin of Fastify that calls back.
  const use = (first: unknown, second: unknown, third: unknown): unknown => {
    if (isFastify(first)) {
      plugIn(first, requests)
      ;(third as () => void)()
      return undefined
    }
    if (isKoaContext(first)) return requests.enter(first.req, first.res, second as () => unknown)
    return requests.enter(first as IncomingMessage, second as ServerResponse, third as () => unknown)
  }
  Object.defineProperties(use, {
    open: { get: () => requests.size },
    stop: {
      value: (options: { timeout?: number } = {}): Operation<void> => {
        checkOptions(options, { own: ['timeout'] })
        const { timeout = GRACE } = options
        checkDuration(timeout, 'stop({ timeout })')
        return requests.stop(timeout)
      },
    },
    // Fastify would give a plugin an instance of its own, whose hooks the routes do not see.
    [Symbol.for('skip-override')]: { value: true },
  })
  return use as unknown as KillOnDisconnect
}

function plugIn(fastify: Fastify, requests: OpenRequests): void {
  const entered = new WeakMap<object, <R>(answer: () => R) => R>()
  fastify.addHook('onRequest', (request, reply, done) => {
    requests.enter(request.raw, reply.raw, () => {
      entered.set(request.raw, requests.again())
      done()
    })
  })
  // A body is read by callbacks of the connection, which know nothing of the request.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const enter = entered.get(request.raw)
    if (enter === undefined) done()
    else enter(done)
  })
}

function isFastify(value: unknown): value is Fastify {
  return typeof (value as Fastify).addHook === 'function'
}

function isKoaContext(value: unknown): value is KoaContext {
  const { req, res } = value as KoaContext
  return (
    typeof req === 'object' &&
    typeof (res as ServerResponse | undefined)?.once === 'function' &&
    'app' in (value as object)
  )
}
