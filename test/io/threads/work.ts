import { threadId } from 'node:worker_threads'
import { transfer } from 'gvent'

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

/** Errors that do not let everything be read of them, and what else may be thrown. */
export function raiseStrange(kind: string): never {
  const fail = (): never => {
    throw new Error('not this one')
  }
  const error = new Error('this one') as Error & { details?: unknown }
  switch (kind) {
    case 'getter':
      throw Object.defineProperty(error, 'details', { enumerable: true, get: fail })
    case 'stack':
      throw Object.defineProperty(error, 'stack', { get: fail })
    case 'constructor':
      throw Object.defineProperty(error, 'constructor', { value: null })
    case 'cause':
      throw new Error('this one', { cause: Object.defineProperty(new Error('a cause'), 'code', { get: fail }) })
    case 'message':
      throw Object.defineProperty(error, 'name', { value: () => 'function' })
    case 'keys':
      throw new Proxy(error, { ownKeys: fail })
    case 'frozen':
      throw Object.freeze(new ReferenceError('this one'))
    case 'bare':
      throw Object.assign(Object.create(null), { text: 'this one', fn: fail })
    case 'revoked': {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()

      throw proxy
    }
    default:
      throw error
  }
}

/** Hands over what was handed over before. */
export function transferTwice(): unknown {
  const bytes = new Uint8Array(8)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return transfer(bytes)
}

export const notAFunction = 5
