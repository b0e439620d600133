import { LimitError } from '../io/net/socket-errors.js'
import { badArgument } from '../scheduler/checks/bad-argument.js'
import { checkDuration } from '../scheduler/checks/check-duration.js'
import { misuse } from '../scheduler/checks/errors.js'
import { show } from '../scheduler/checks/show.js'
import { Discard } from './errors.js'
import type { AddOptions } from './jobs.js'

/** How many bytes the JSON of a job has at most, unless an engine's `limit` says otherwise. @internal */
export const LIMIT: number = 1024 * 1024

/** How many characters of an error are kept with a dead letter. */
const ERROR_LENGTH = 8192

/**
 * The JSON of a job's data.
 *
 * @throws TypeError when there is none; LimitError when it is too long.
 * @internal
 */
export function encode(data: unknown, limit: number, where: string): string {
  const text = stringify(data, where)
  if (text === undefined) throw badArgument(where, 'a value that JSON can represent', data)
  const { length } = Buffer.from(text)
  if (length > limit) {
    throw new LimitError(
      `${where}: its JSON has ${length} bytes, and ${limit} are allowed; store the data elsewhere and add a reference to it`,
      limit,
    )
  }
  return text
}

function stringify(data: unknown, where: string): string | undefined {
  try {
    return JSON.stringify(data)
  } catch (error) {
    throw misuse(new TypeError(`${where}: ${show(data)} cannot be serialized as JSON`, { cause: error }))
  }
}

/**
 * Decodes the JSON of a job. It is data and nothing else: no name in it is looked up, no code is run.
 *
 * @throws Discard when it is not JSON, or too long: it was not added by this package.
 * @internal
 */
export function decode(text: string, limit: number): unknown {
  if (Buffer.byteLength(text) > limit) throw new Discard(`the data is longer than ${limit} bytes`)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Discard('the data are no JSON')
  }
}

/** Decodes the data of a dead letter, which may be anything, as far as it can be read. @internal */
export function decodeLoosely(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** An error as a text that is kept with a dead letter. @internal */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? String(error)) : show(error)
  return text.slice(0, ERROR_LENGTH)
}

/** Checks the values of the options of `add`. @returns the id, the delay, and how long to keep the outcome. @internal */
export function checkAdd(
  { id, delay = 0, keep = 0 }: AddOptions,
  where: string,
): { id: string | undefined; delay: number; keep: number } {
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > 200)) {
    throw badArgument(`${where}: { id }`, 'a text of 1 to 200 characters', id)
  }
  for (const [name, time] of Object.entries({ delay, keep })) {
    checkDuration(time, `${where}: { ${name} }`)
    if (time === Infinity) throw badArgument(`${where}: { ${name} }`, 'a finite number of milliseconds', time)
  }
  return { id, delay, keep }
}
