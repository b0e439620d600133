import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { nameError } from '../../scheduler/checks/errors.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Environ } from './environ.js'

/** A piece of a body: text, which goes out as UTF-8, or bytes. */
export type Chunk = string | Uint8Array

/** The body that an application gives. */
export type Body =
  | Coroutine<unknown>
  | Iterable<Chunk>
  | AsyncIterable<Chunk>
  | Chunk
  | PromiseLike<Iterable<Chunk> | AsyncIterable<Chunk> | Chunk>

/**
 * Sends `data`, at once, for applications that cannot give their body otherwise.
 *
 * @returns an operation that waits until the client has taken enough for more to be sent.
 */
export type Write = (data: Chunk) => Operation<void>

/** Headers of a response, in order; the same name may come several times. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/**
 * Begins a response. Nothing goes out before the first chunk that is not empty does; until then it may be called again,
 * with the error that is the reason for it.
 *
 * @param status a number and its name: `'200 OK'`.
 * @param exception the error because of which this response takes the place of another. When that one is on its way
 *   already, this error is raised.
 * @throws GatewayError for a status or headers that cannot be sent, such as those with a line break in them; when it is
 *   called a second time without `exception`.
 */
export type StartResponse = (status: string, headers: HeaderList, exception?: unknown) => Write

/**
 * A WSGI application: gets what is to be known of a request, begins the response by calling `startResponse`, and gives
 * its body.
 *
 * ```ts
 * function* hello(environ: Environ, startResponse: StartResponse) {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']])
 *   yield 'Hello world!\n'        // sends a chunk
 *   yield* sleep(1000)            // waits, and everybody else goes on
 *   yield 'and good bye\n'
 * }
 * ```
 */
export type WSGIApp = (environ: Environ, startResponse: StartResponse) => Body

/** An application that calls another one: a server to that one, and an application to the server. */
export type Middleware = (app: WSGIApp) => WSGIApp

/** An application, or a server, broke a rule of WSGI. */
export class GatewayError extends Error {
  declare readonly name: 'GatewayError'
  declare readonly code: 'GVENT_GATEWAY'
}
nameError(GatewayError, 'GatewayError', 'GVENT_GATEWAY')

/** @throws TypeError for what is no application. @internal */
export function checkApp(app: unknown, where: string): void {
  if (typeof app === 'function') return
  throw badArgument(
    where,
    'a function',
    app,
    `write ${where.replace('app', 'function* (environ, startResponse) { … }')}`,
  )
}
