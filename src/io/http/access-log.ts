import { writeTo } from '../node/process/standard-output.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { quote } from './printable.js'

/** A request that is over, as an {@link AccessLog} gets it. */
export interface AccessEntry {
  /** The address of the client; `undefined` over a Unix socket. */
  remoteAddress: string | undefined
  /** The time at which it was over. */
  date: Date
  /** The method: `'GET'`. */
  method: string
  /** The target, as the client wrote it. */
  url: string
  /** `'1.1'` or `'1.0'`. */
  httpVersion: string
  /** The status of the response; 499 when the client left before it got one. (The number is nginx's.) */
  status: number
  /** The bytes that went out, the head of the response included. */
  bytesSent: number
  /** The time that it took, in milliseconds. */
  duration: number
  /** The header `referer`. */
  referrer: string | undefined
  /** The header `user-agent`. */
  userAgent: string | undefined
}

/** Called with each request that is over. */
export type AccessLog = (entry: AccessEntry) => void

/** Writes a line of a log. */
export type LineWriter = (line: string) => unknown

const toStdout: LineWriter = (line) => {
  writeTo('stdout', line)
}

/**
 * A log in the Common Log Format, or, with `combined`, in the one that Apache and nginx call combined.
 *
 * ```ts
 * new HTTPServer({ port: 8080, log: commonLog() }, handler)
 * ```
 *
 * @param write gets each line, with its newline: to stdout unless given.
 */
export function commonLog(options: LogOptions & { combined?: boolean } = {}): AccessLog {
  checkOptions(options, commonLogOptionNames)
  const { write = toStdout, combined = false } = options
  return (entry) => {
    const { remoteAddress, date, method, url, httpVersion, status, bytesSent, referrer, userAgent } = entry
    const request = quote(`${method} ${url} HTTP/${httpVersion}`)
    const rest = combined ? ` ${quote(referrer ?? '-')} ${quote(userAgent ?? '-')}` : ''
    write(`${remoteAddress ?? '-'} - - [${formatDate(date)}] ${request} ${status} ${bytesSent}${rest}\n`)
  }
}

/** A log of one JSON object a line, with the fields of {@link AccessEntry}. */
export function jsonLog(options: LogOptions = {}): AccessLog {
  checkOptions(options, logOptionNames)
  const { write = toStdout } = options
  return (entry) => {
    write(`${JSON.stringify(entry)}\n`)
  }
}

const logOptionNames: OptionNames = { own: ['write'] }
const commonLogOptionNames: OptionNames = { own: ['write', 'combined'] }

/** Options of {@link commonLog} and {@link jsonLog}. */
export interface LogOptions {
  /** Gets each line, with its newline: it goes to stdout unless given. */
  write?: LineWriter | undefined
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

// 10/Oct/2000:13:55:36 +0000
function formatDate(date: Date): string {
  const [day, time] = date.toISOString().split('T') as [string, string]
  const [year, month, dayOfMonth] = day.split('-') as [string, string, string]
  return `${dayOfMonth}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`
}
