import type { Call } from '../calls/call.js'
import { placeOf } from './place.js'

/** The name of the function of a call, as far as the platform tells it; empty for an anonymous one. @internal */
export function nameOfCall({ generator }: Call): string {
  return generator === null ? '' : (placeOf(generator)?.name ?? '')
}

/** A call in words: `async transfer`. @internal */
export function describeCall(call: Call): string {
  const name = nameOfCall(call)
  return name === '' ? 'an async function' : `async ${name}`
}

/** The line of the `await` at which a call is parked, as in a stack. @internal */
export function placeOfCall({ generator }: Call): string {
  const place = generator === null ? undefined : placeOf(generator)
  if (place === undefined) return ''
  const { name, url, line, column } = place
  return name === '' ? `    at ${url}:${line}:${column}` : `    at async ${name} (${url}:${line}:${column})`
}
