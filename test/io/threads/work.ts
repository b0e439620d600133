import { threadId } from 'node:worker_threads'

/** Functions for threads that need nothing. */
let calls = 0

export function countCalls(): number {
  return ++calls
}

export default function double(number: number): number {
  return number * 2
}

export function whichThread(): number {
  return threadId
}

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code = 'REFUSED'
  readonly detail = { limit: 3 }
}

export function refuse(): never {
  throw new Refusal('no', { cause: new RangeError('too many') })
}

export const notAFunction = 5
