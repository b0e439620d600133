import { LimitError } from '../net/socket-errors.js'

type PlatformFetch = (input: string | URL | Request, init: RequestInit) => Promise<Response>

/** Headers that tell of a body, which a request that becomes a GET has no more. */
const OF_THE_BODY = ['content-encoding', 'content-language', 'content-location', 'content-length', 'content-type']
/** What must not reach another site. */
const SECRETS = ['authorization', 'proxy-authorization', 'cookie', 'host']

/**
 * The platform's `fetch`, except that it follows `limit` redirects at most; the platform's own limit, 20, is fixed. By
 * the rules of the Fetch standard, "HTTP-redirect fetch".
 * @internal
 */
export function followingAtMost(limit: number, platformFetch: PlatformFetch): PlatformFetch {
  return async (input, init) => {
    let request = new Request(input, init)
    if (request.redirect !== 'follow') return platformFetch(input, init)
    const { dispatcher } = init as { dispatcher?: unknown }
    // That of a simulated network is not part of a Request.
    const options = { redirect: 'manual', ...(dispatcher === undefined ? {} : { dispatcher }) } as RequestInit
    request = new Request(request, options)
    for (let count = 0; ; count++) {
      const response = await platformFetch(request, options)
      const target = targetOf(response, request.url)
      if (target === null) {
        // The platform sees only the last one.
        return count === 0 ? response : Object.defineProperty(response, 'redirected', { value: true })
      }
      response.body?.cancel().catch(() => undefined)
      if (count === limit) {
        const times = limit === 1 ? 'once' : `${limit} times`
        throw new LimitError(
          `fetch failed: ${request.method} ${request.url} was to be redirected more than ${times}`,
          limit,
        )
      }
      request = redirected(request, response.status, target, init, options)
    }
  }
}

/** Where a response redirects to; `null` when it does not. */
function targetOf({ status, headers }: Response, url: string): URL | null {
  const location = headers.get('location')
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return null
  if (!URL.canParse(location, url))
    throw failure(`${url} redirects to ${JSON.stringify(location)}, which is no address`)
  const target = new URL(location, url)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw failure(`${url} redirects to ${target.href}`)
  target.hash ||= new URL(url).hash
  return target
}

function redirected(from: Request, status: number, target: URL, init: RequestInit, options: RequestInit): Request {
  const headers = new Headers(from.headers)
  const becomesGet =
    (status <= 302 && from.method === 'POST') || (status === 303 && from.method !== 'GET' && from.method !== 'HEAD')
  const body = becomesGet || from.body === null ? null : init.body
  // What was read from a stream cannot be sent again.
  if (body === undefined || body instanceof ReadableStream) {
    throw failure(`${from.url} redirects a request whose body is a stream, which was sent already`)
  }
  if (body === null) for (const name of OF_THE_BODY) headers.delete(name)
  if (target.origin !== new URL(from.url).origin) for (const name of SECRETS) headers.delete(name)
  const { signal } = from
  return new Request(target, { ...options, method: becomesGet ? 'GET' : from.method, headers, body, signal })
}

function failure(reason: string): TypeError {
  return new TypeError(`fetch failed: ${reason}`)
}
