import { inPlainWords } from '../net/openssl-error.js'
import { LimitError } from '../net/socket-errors.js'
import { codeIn, withoutAddress } from './foreign-error.js'

/** A request that can be named. @internal */
export interface Titled {
  /** Gives the request in words, for errors. */
  title(): string
}

interface Detailed {
  readonly message?: string
  readonly code?: unknown
  readonly errors?: readonly Detailed[]
  readonly cause?: unknown
}

const VAGUE = ['fetch failed', 'terminated']
/** Deno's text in place of the latter. */
const BROKEN = 'error reading a body from connection'

/**
 * Makes an error of Node's `fetch` say what happened. Node's own says "fetch failed" or "terminated" and hides the
 * rest in its `cause`; here its message names the request and the cause, it has the cause's `code` (`ECONNREFUSED`,
 * `ENOTFOUND`, `UND_ERR_SOCKET`, …). It stays the same object, and keeps its `cause`.
 * @internal
 */
export function explain(error: unknown, request: Titled): unknown {
  if (!(error instanceof Error)) return error
  if (error.cause instanceof LimitError) return error.cause
  const { message } = error
  const isBroken = message === BROKEN
  if (!isBroken && !VAGUE.includes(message)) return error
  const { stack = '' } = error
  const cause = error.cause as Detailed | undefined
  const reason = isBroken ? message : cause === undefined ? '' : reasonOf(cause)
  error.message = `${isBroken ? 'terminated' : message}: ${request.title()}${reason === '' ? '' : `: ${reason}`}`
  error.stack = stack.replace(message, () => error.message)
  const code = cause?.code ?? codeIn(cause?.message ?? message)
  if (code !== undefined) Object.assign(error, { code })
  return error
}

// A name with several addresses fails with an AggregateError, whose own message is empty.
function reasonOf({ message = '', errors = [], code }: Detailed): string {
  if (message !== '') return inPlainWords(withoutAddress(message))
  if (errors.length > 0) return errors.map(reasonOf).join('; ')
  return typeof code === 'string' ? code : ''
}
