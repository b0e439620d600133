import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Names of this machine: a page of the web that has a name of its own point here must not be answered. */
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i

/** Why a request is refused: status and reason. */
export interface Refusal {
  readonly status: 403 | 405
  readonly reason: string
}

/** Says who may look: one who asks this machine by a name of its own, comes from no other page, and knows the token. */
export class Access {
  private readonly digest: Buffer

  constructor(token: string) {
    this.digest = digestOf(token)
  }

  /** @returns `undefined` when the request may be answered. */
  check(request: IncomingMessage, url: URL): Refusal | undefined {
    const { host = '', origin } = request.headers
    if (!LOOPBACK.test(host)) return { status: 403, reason: 'the Host header is not this machine' }
    if (origin !== undefined && origin !== `http://${host}`)
      return { status: 403, reason: 'the Origin is not this page' }
    // Digests have one length, which the comparison needs, whatever was sent.
    if (!timingSafeEqual(digestOf(url.searchParams.get('token') ?? ''), this.digest))
      return { status: 403, reason: 'the token is missing or wrong: open the address as it was printed' }
    if (request.method !== 'GET') return { status: 405, reason: 'this page is read-only' }
    return undefined
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Headers of every answer: it is kept nowhere, framed nowhere, and read by no other page. */
export const guarded: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** The policy of what the document may load: what is in it, and its own data. */
export function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "connect-src 'self'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
