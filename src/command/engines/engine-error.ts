import { UsageError } from '../usage-error.js'
import { describeEngineError, placeOf } from './engine-address.js'

/** Raised when an engine cannot be reached, or fails. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}

/** Does something with an engine. @throws EngineError, which names it, for any error but UsageError. */
export async function namingEngine<T>(url: URL, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new EngineError(`${placeOf(url)}: ${describeEngineError(error)}`, { cause: error })
  }
}
