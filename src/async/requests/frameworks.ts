import type { IncomingMessage, OpenRequests, ServerResponse } from './open-requests.js'

interface FastifyRequest {
  readonly raw: IncomingMessage
}

interface FastifyReply {
  readonly raw: ServerResponse
}

type FastifyHook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void

/** An instance of Fastify. @internal */
export interface Fastify {
  addHook(name: string, hook: FastifyHook): void
}

/** The context of a request of Koa. @internal */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** Has Fastify enter each request, and enter it again when its body was read. @internal */
export function plugIn(fastify: Fastify, requests: OpenRequests): void {
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

/** Recognizes the call of a middleware as a plugin of Fastify. @internal */
export function isFastify(value: unknown): value is Fastify {
  return typeof (value as Fastify).addHook === 'function'
}

/** Recognizes the call of a middleware by Koa. @internal */
export function isKoaContext(value: unknown): value is KoaContext {
  const { req, res } = value as KoaContext
  return (
    typeof req === 'object' &&
    typeof (res as ServerResponse | undefined)?.once === 'function' &&
    'app' in (value as object)
  )
}
