import type * as http from 'node:http'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { AmbientValue } from '../../scheduler/kernel/host.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { onEntered } from '../calls/call.js'
import { isFastify, isKoaContext, plugIn } from './frameworks.js'
import { OpenRequest } from './open-request.js'
import { OpenRequests, type IncomingMessage, type ServerResponse, type WebRequest } from './open-requests.js'

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

const GRACE = 1000
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
