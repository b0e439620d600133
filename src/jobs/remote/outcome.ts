import { pack, unpack, type Packed } from '../../io/threads/packed-error.js'
import { LimitError } from '../../io/net/socket-errors.js'

/** How a job ended, on its way from the worker: a value, or what was raised. */
type Outcome = { readonly value?: unknown } | { readonly raised: Packed }

/** How many characters a property of an error has at most to go with it. */
const PROPERTY = 8192

/**
 * Encodes what a job returned.
 *
 * @param what the job as a text.
 * @returns JSON; that of an error where there is none for the value, or it is too long.
 * @internal
 */
export function encodeValue(value: unknown, limit: number, what: string): string {
  let text: string
  try {
    text = JSON.stringify({ value } satisfies Outcome)
  } catch (cause) {
    const error = new TypeError(`the result of ${what} has no JSON form`, { cause })
    return encodeError(Object.assign(error, { code: 'GVENT_NOT_CLONEABLE' }), limit)
  }
  const length = Buffer.byteLength(text)
  if (length <= limit) return text
  const advice = 'put it elsewhere and return where it is'
  const message = `the result of ${what} has ${length} bytes, and ${limit} are allowed; ${advice}`
  return encodeError(new LimitError(message, limit), limit)
}

/** Encodes what a job raised, as far as it can be: its class by name, its message, code and cause. @internal */
export function encodeError(error: unknown, limit: number): string {
  const text = JSON.stringify({ raised: pack(error, isPortable) } satisfies Outcome)
  if (Buffer.byteLength(text) <= limit) return text
  const { name, message } = Object(error) as Partial<Error>
  const short = Object.assign(new Error(String(message).slice(0, 1000)), { name: String(name).slice(0, 100) })
  return JSON.stringify({ raised: pack(short, isPortable) } satisfies Outcome)
}

function isPortable(value: unknown): boolean {
  try {
    const text = JSON.stringify(value) as string | undefined
    return text !== undefined && text.length <= PROPERTY
  } catch {
    return false
  }
}

/** Returns a value that was encoded; `undefined` where it could not be. @internal */
export function decodeValue(text: string | undefined): unknown {
  const outcome = JSON.parse(text ?? '{}') as Outcome
  return 'raised' in outcome ? undefined : outcome.value
}

/** Returns the value of an outcome. @throws what was raised. @internal */
export function decodeOutcome(text: string): unknown {
  const outcome = JSON.parse(text) as Outcome
  if ('raised' in outcome) throw unpack(outcome.raised)
  return outcome.value
}
