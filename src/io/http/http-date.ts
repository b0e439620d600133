const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const TIME = '\\d\\d:\\d\\d:\\d\\d'
/** RFC 9110, 5.6.7: the form that is sent, and the two that are to be understood. */
const HTTP_DATE = new RegExp(
  `^(?:${DAY}, \\d\\d ${MONTH} \\d{4} ${TIME} GMT` +
    `|${DAY}[a-z]{3,6}, \\d\\d-${MONTH}-\\d\\d ${TIME} GMT` +
    `|(${DAY} ${MONTH} [ \\d]\\d ${TIME} \\d{4}))$`,
)

/**
 * Reads a date in a header. `Date.parse` takes a great many texts for dates: `'1.5'`, say, is one in 2001.
 *
 * @returns the date in milliseconds since 1970; `undefined` for what is no date of HTTP.
 * @internal
 */
export function parseHTTPDate(text: string): number | undefined {
  const match = HTTP_DATE.exec(text.trim())
  if (match === null) return undefined
  // The last form names no zone, and means the same one.
  const date = Date.parse(match[1] === undefined ? match[0] : `${match[0]} GMT`)
  return Number.isNaN(date) ? undefined : date
}
