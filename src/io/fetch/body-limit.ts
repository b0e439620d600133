import { LimitError } from '../net/socket-errors.js'
import { factsOf, noteFacts, type ResponseFacts } from '../node/fetch/response-facts.js'
import type { Titled } from './fetch-error.js'

/**
 * How many bytes a body may have that comes compressed, unless the caller says otherwise: a thousandfold of what is
 * sent can come out of it. (The same number as for requests.)
 */
const COMPRESSED_LIMIT = 128 * 1024 * 1024

/** How many bytes a body may have that is read as a whole. @internal */
export function limitOfWhole({ headers }: Pick<Response, 'headers'>): number {
  const encoding = headers.get('content-encoding')
  return encoding === null || encoding === 'identity' ? Infinity : COMPRESSED_LIMIT
}

/**
 * Makes the same response with a body of at most `limit` bytes. Reading beyond that raises a LimitError and closes the
 * connection.
 *
 * @internal
 */
export function limitBody(response: Response, limit: number, request: Titled): Response {
  const { body, headers } = response
  return body === null ? response : copyFacts(response, new Response(limited(body, limit, request), { headers }))
}

/** Has one response say of itself what another one does, some of which only the platform can set. @internal */
export function copyFacts(from: Response, to: Response): Response {
  noteFacts(to, factsOf(from) ?? statedBy(from))
  return to
}

function statedBy({ headers, ok, redirected, status, statusText, type, url }: Response): ResponseFacts {
  return { headers, ok, redirected, status, statusText, type, url }
}

function limited(body: ReadableStream<Uint8Array>, limit: number, request: Titled): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let size = 0
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) {
          controller.close()
          controller.byobRequest?.respond(0)
          return
        }
        size += value.length
        if (size <= limit) {
          controller.enqueue(value)
          return
        }
        const error = new LimitError(
          `${request.title()}: the body has more than ${limit} bytes; write { maxBodySize } for more`,
          limit,
        )
        reader.cancel(error).catch(() => undefined)
        throw error
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
