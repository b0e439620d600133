/** Raised when an engine cannot be reached. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}
