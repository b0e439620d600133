import { until, type Coroutine } from '../../scheduler/index.js'
import { describeEngineError, placeOf } from './engine-address.js'
import { EngineError } from './engine-error.js'
import { openEngine, type OpenEngine, type OpenOptions } from './open-engine.js'
import { UsageError } from '../usage-error.js'

/** Opens an engine. @throws EngineError, UsageError. */
export function* connect(url: URL, options: OpenOptions = {}): Coroutine<OpenEngine> {
  const open = async (): Promise<OpenEngine> => {
    try {
      return await openEngine(url, options)
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new EngineError(`${placeOf(url)}: ${describeEngineError(error)}`, { cause: error })
    }
  }
  return yield* until(open())
}
