/**
 * Fields about a single connection: they are the server's, and a proxy that passes on what it got must not pass on these.
 * (RFC 9110, 7.6.1.)
 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const lengths = new Set([...HOP_BY_HOP].map((name) => name.length))

/** Whether a field is about the connection. @internal */
export function isHopByHop(name: string): boolean {
  return lengths.has(name.length) && HOP_BY_HOP.has(name.toLowerCase())
}

const CONTENT_LENGTH = 'content-length'

/** @internal */
export function isContentLength(name: string): boolean {
  return name.length === CONTENT_LENGTH.length && name.toLowerCase() === CONTENT_LENGTH
}

/**
 * The number in a `Content-Length`; `undefined` for anything else, which a client and a proxy might read in two ways.
 * @internal
 */
export function parseLength(value: string): number | undefined {
  const length = Number(value)
  return /^\d+$/.test(value) && Number.isSafeInteger(length) ? length : undefined
}
