import { badArgument } from '../../../scheduler/checks/bad-argument.js'
import { isResponse } from './lazy-response.js'
import { validateHeaderName, validateHeaderValue, type ServerResponse } from 'node:http'
import { misuse } from '../../../scheduler/checks/errors.js'
import { show } from '../../../scheduler/checks/show.js'

/** Fields that come after the body, or a function that gives them once the body is there. */
export type Trailers = Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>)

/** Fields by which a message is framed, routed and read, which must be known before its body. (RFC 9110, 6.5.1.) */
const FORBIDDEN = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'expires',
  'host',
  'keep-alive',
  'location',
  'proxy-authenticate',
  'proxy-authorization',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'www-authenticate',
])

const trailersOf = new WeakMap<Response, Trailers>()

/**
 * Adds trailers to a response of `HTTPServer`: fields that come after its body, such as a checksum of what was sent.
 *
 * ```ts
 * new HTTPServer({ port: 8080 }, () => {
 *   const hash = createHash('sha256')
 *   return withTrailers(new Response(hashed(hash)), () => ({ 'Content-Digest': hash.digest('base64') }))
 * })
 * ```
 *
 * The body goes out in chunks then. Clients of HTTP/1.0, which knows none, get no trailers; nor does a response without a body
 * have any. In Node's terms the same is `response.addTrailers`; those of a request are `request.node.trailers`.
 *
 * @param response is given back.
 * @param trailers fields; or a function that gives them when the whole body was sent: then it is good manners to name
 *   them in a header `Trailer`.
 * @throws TypeError for a field that must not come as late as that.
 */
export function withTrailers(response: Response, trailers: Trailers): Response {
  if (!isResponse(response)) throw badArgument('withTrailers(response, trailers)', 'a Response', response)
  if (typeof trailers === 'object') {
    for (const name of Object.keys(trailers)) response.headers.append('trailer', checkName(name))
  }
  response.headers.delete('content-length')
  trailersOf.set(response, trailers)
  return response
}

/** @internal */
export function findTrailers(response: Response): Trailers | undefined {
  return trailersOf.get(response)
}

/** To be called in front of `out.end()`. @internal */
export function addTrailers(out: ServerResponse, trailers: Trailers): void {
  const fields = typeof trailers === 'function' ? trailers() : trailers
  for (const [name, value] of Object.entries(fields)) validateHeaderValue(checkName(name), value)
  out.addTrailers(fields)
}

function checkName(name: string): string {
  validateHeaderName(name)
  if (!FORBIDDEN.has(name.toLowerCase())) return name
  throw misuse(
    new TypeError(`withTrailers: ${show(name)} cannot be a trailer, it has to come before the body; set it in headers`),
  )
}
