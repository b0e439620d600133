/**
 * Calls `listener` when the event loop is empty, and again whenever what was started then is done. When it says that it
 * has started something, the program goes on.
 *
 * Node's test runner takes an empty loop for the end of all tests: up to Node 22 it cancels those that are left, and later it
 * keeps the loop alive until they have ended, so that it is never empty again. The event does not reach it as long as
 * the listener has started something. Nothing else can be done between two listeners of one event.
 */
export function onEmptyLoop(listener: () => boolean): void {
  if (!isTestRunnerLoaded()) {
    process.on('beforeExit', () => void listener())
    return
  }
  const emit = process.emit.bind(process) as (...args: unknown[]) => boolean
  const emitLater = (...args: unknown[]): boolean => {
    if (args[0] !== 'beforeExit' || !listener()) return emit(...args)
    setImmediate(() => undefined)
    return true
  }
  process.emit = emitLater as typeof process.emit
}

function isTestRunnerLoaded(): boolean {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] }
  return moduleLoadList?.some((name) => name.endsWith(' internal/test_runner/harness')) === true
}
