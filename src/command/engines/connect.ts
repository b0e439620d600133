import { until, type Coroutine } from '../../scheduler/index.js'
import { namingEngine } from './engine-error.js'
import { openEngine, type OpenEngine, type OpenOptions } from './open-engine.js'

/** Opens an engine. @throws EngineError, UsageError. */
export function* connect(url: URL, options: OpenOptions = {}): Coroutine<OpenEngine> {
  return yield* until(namingEngine(url, () => openEngine(url, options)))
}
