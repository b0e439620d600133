import type { TLSSocket } from 'node:tls'
import type { RequestGreenlet } from '../request-greenlet.js'

/** The URL of a request as it was sent, in one text. @internal */
export function urlOf({ request, host }: RequestGreenlet): string {
  const { url, socket } = request
  // A proxy is asked for whole addresses.
  if (url!.startsWith('http://') || url!.startsWith('https://')) return url!
  const scheme = (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http'
  return `${scheme}://${host === '' ? 'localhost' : host}${url!.startsWith('/') ? url! : '/'}`
}

/** Checks that the URL of a request can be parsed. @internal */
export function hasURL(greenlet: RequestGreenlet): boolean {
  const { host, request } = greenlet
  // Whether that is an address is up to the host, and nearly all requests have the same one.
  if (host === knownHost && request.url!.startsWith('/')) return true
  const isValid = URL.canParse(urlOf(greenlet))
  if (isValid && request.url!.startsWith('/')) knownHost = host
  return isValid
}

let knownHost: string | undefined
