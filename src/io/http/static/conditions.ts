import { parseHTTPDate } from '../http-date.js'
/** Identifies one state of a file. @internal */
export interface Validators {
  readonly etag: string
  /** In seconds since 1970, as precise as HTTP is. */
  readonly modified: number
}

/**
 * Evaluates a conditional request, in the order of RFC 9110, 13.2.2: 412 when the client's condition does not hold, 304
 * when it has the file already, 0 when it is to get it.
 * @internal
 */
export function evaluate(headers: Headers, { etag, modified }: Validators): 0 | 304 | 412 {
  const match = headers.get('if-match')
  const unmodified = dateOf(headers.get('if-unmodified-since'))
  if (match !== null) {
    if (!lists(match, etag, false)) return 412
  } else if (unmodified !== undefined && modified > unmodified) return 412
  const noneMatch = headers.get('if-none-match')
  if (noneMatch !== null) return lists(noneMatch, etag, true) ? 304 : 0
  const since = dateOf(headers.get('if-modified-since'))
  return since !== undefined && modified <= since ? 304 : 0
}

/** Whether a part of the file fits what the client has of it already. (RFC 9110, 13.1.5.) @internal */
export function rangeApplies(headers: Headers, { etag, modified }: Validators): boolean {
  const condition = headers.get('if-range')
  if (condition === null) return true
  return condition.startsWith('"') || condition.startsWith('W/') ? condition === etag : dateOf(condition) === modified
}

// A weak tag stands for the same file, but not for the same bytes.
function lists(header: string, etag: string, weakly: boolean): boolean {
  if (header.trim() === '*') return true
  return header.split(',').some((item) => {
    const tag = item.trim()
    return (weakly && tag.startsWith('W/') ? tag.slice(2) : tag) === etag
  })
}

// What is no date is no condition.
function dateOf(header: string | null): number | undefined {
  const date = header === null ? undefined : parseHTTPDate(header)
  return date === undefined ? undefined : Math.floor(date / 1000)
}
