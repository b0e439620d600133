import type { IncomingMessage, ServerResponse } from 'node:http'
import { GreenletExit } from '../../scheduler/checks/errors.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { InputStream } from '../http/request/input-stream.js'
import { MessageBody } from '../http/request/message-body.js'
import { refuse } from '../http/response/status-reply.js'
import { checkApp, type WSGIApp } from './application.js'
import { makeEnviron } from './environ.js'
import { ErrorStream } from './error-stream.js'
import { respond } from './gateway.js'

/** Called by Node's server for a request, and by Express with a third argument, for errors. */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => unknown,
) => void

/**
 * Makes a WSGI application into what Node's server, Express and Connect take.
 *
 * ```ts
 * express().use('/reports', toNode(reports))
 * createServer(toNode(app))
 * ```
 *
 * Each request gets a greenlet, which is killed when its client leaves. Where it is mounted stands in `SCRIPT_NAME`.
 * An error goes to Express, if there is one; else it is reported, and the client gets 500.
 */
export function toNode(app: WSGIApp): NodeListener {
  checkApp(app, 'toNode(app)')
  return (request, response, next) => {
    const answer = function* wsgi(): Coroutine<void> {
      const base = { errors: new ErrorStream(), more: {}, secure: true }
      const input = new InputStream(new MessageBody(request))
      yield* respond(app, makeEnviron(request, input, base), response)
    }
    const greenlet = spawn(answer)
    response.once('close', () => {
      if (!response.writableEnded) greenlet.kill(new GreenletExit('the client has left'))
    })
    greenlet.onEnded(() => {
      const { killed } = greenlet
      const isAnswered = killed === undefined ? greenlet.successful : response.writableEnded
      if (isAnswered || response.destroyed) return
      if (response.headersSent) response.destroy()
      else if (next === undefined) refuse(response, killed === undefined ? 500 : 503)
      else next(killed === undefined ? greenlet.observe() : killed.error)
    })
  }
}
