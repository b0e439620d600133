import { validateHeaderName } from 'node:http'
import { show } from '../../scheduler/checks/show.js'
import { isContentLength, isHopByHop, parseLength } from '../http/response/fields.js'
import { GatewayError, type HeaderList } from './application.js'

/** The beginning of a response, checked. @internal */
export interface Head {
  readonly status: number
  readonly reason: string
  /** Names and values in turn. */
  readonly fields: string[]
  /** The length that the application announces, if it does. */
  readonly contentLength: number | undefined
  /** Whether all of it is ASCII. */
  readonly isASCII: boolean
}

const ASCII = /^[\t\x20-\x7e]*$/

/** @throws GatewayError for what cannot be sent. @internal */
export function checkHead(status: unknown, headers: unknown): Head {
  const [, digits, reason] = /^(\d{3})(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(checkText(status, 'status')) ?? []
  if (digits === undefined) throw badStatus(status)
  if (Number(digits) < 200) throw new GatewayError(`startResponse(${show(status)}): that is not a final status`)
  if (!Array.isArray(headers)) {
    throw new GatewayError(`startResponse(status, headers): expected an array of [name, value], got ${show(headers)}`)
  }
  const fields: string[] = []
  let contentLength: number | undefined
  let isASCII = reason === undefined || ASCII.test(reason)
  for (const header of headers as unknown[]) {
    const [name, value] = checkHeader(header)
    if (isContentLength(name)) contentLength = checkLength(value, contentLength)
    isASCII &&= ASCII.test(value)
    fields.push(name, value)
  }
  return { status: Number(digits), reason: reason ?? '', fields, contentLength, isASCII }
}

function checkHeader(header: unknown): HeaderList[number] {
  if (!Array.isArray(header) || header.length !== 2) {
    throw new GatewayError(`startResponse: each header must be [name, value], got ${show(header)}`)
  }
  const name = checkText(header[0], 'the name of a header')
  const value = checkText(header[1], 'the value of a header')
  if (!goodNames.has(name)) checkName(name)
  // A line break would begin another header, or the body.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new GatewayError(
      `startResponse: the value of ${name} contains a character that is not allowed in a header: ${show(value)}; ` +
        'encode it, with encodeURIComponent, say',
    )
  }
  return header as unknown as HeaderList[number]
}

/** Names that were checked; they are nearly always the same few. */
const goodNames = new Set<string>()
const NAMES_KEPT = 500

function checkName(name: string): void {
  try {
    validateHeaderName(name)
  } catch {
    throw new GatewayError(`startResponse: ${show(name)} cannot be the name of a header`)
  }
  if (isHopByHop(name)) {
    throw new GatewayError(`startResponse: ${name} is sent by the server; leave it out`)
  }
  if (goodNames.size < NAMES_KEPT) goodNames.add(name)
}

function checkLength(value: string, before: number | undefined): number {
  const length = parseLength(value)
  if (length !== undefined && (before === undefined || before === length)) return length
  throw new GatewayError(`startResponse: ${show(value)} cannot be the Content-Length`)
}

function checkText(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new GatewayError(`startResponse: ${what} must be a string, got ${show(value)}`)
}

function badStatus(status: unknown): GatewayError {
  return new GatewayError(`startResponse(${show(status)}): expected three digits and a name, such as '200 OK'`)
}
