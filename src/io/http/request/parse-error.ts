/** Raised by Node for bytes that its parser has not taken. @internal */
export interface ParseError extends NodeJS.ErrnoException {
  rawPacket?: Buffer
  bytesParsed?: number
}

/** Makes the error that Node's server raises for a client that takes too long. @internal */
export function requestTimedOut(): NodeJS.ErrnoException {
  return Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
}

const STATUSES: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** The status that answers an error of the parser. @internal */
export function statusOf({ code = '' }: NodeJS.ErrnoException): number {
  return STATUSES[code] ?? 400
}
