import { getSystemErrorName } from 'node:util'

/** Deno's texts, each with the code that Node's `fetch` gives an error of that kind. */
const CODES: readonly (readonly [text: string, code: string])[] = [
  ['connection closed before message completed', 'UND_ERR_SOCKET'],
  ['error reading a body from connection', 'UND_ERR_SOCKET'],
  ['Temporary failure in name resolution', 'EAI_AGAIN'],
  ['failed to lookup address information', 'ENOTFOUND'],
]

/**
 * Finds the code of an error of Deno's `fetch`, which has its kind in its text alone.
 * @returns `undefined` for a text that says nothing that is known.
 * @internal
 */
export function codeIn(message: string): string | undefined {
  const number = /\(os error (\d+)\)/.exec(message)?.[1]
  if (number !== undefined) return nameOf(Number(number))
  return CODES.find(([text]) => message.includes(text))?.[1]
}

/**
 * Takes the address out of such a text: its query may hold secrets, and the error names the request already.
 * @internal
 */
export function withoutAddress(message: string): string {
  const start = 'error sending request '
  const end = '): '
  return message.startsWith(start) && message.includes(end) ? message.slice(message.indexOf(end) + end.length) : message
}

// Windows has numbers of its own.
function nameOf(number: number): string | undefined {
  const name = getSystemErrorName(-number)
  return name.startsWith('Unknown') ? undefined : name
}
