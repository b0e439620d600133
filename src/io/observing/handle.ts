import { isMainThread } from 'node:worker_threads'
import { dump } from '../../scheduler/reports/dump.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { hideKnownSecrets } from '../diagnostics/hide-secrets.js'
import type { Observed } from './observed.js'

/** The name of the global symbol under which a process keeps its {@link Handle}s. @internal */
export const HANDLES = 'gvent.handles'

/**
 * The entry for `gvent dump` and its like in a process: one for each copy of gvent in each thread. It is all that a program
 * carries for them until somebody looks.
 * @internal
 */
export interface Handle {
  /** Which conversation is understood; a command that knows another one takes no more than the dump. */
  readonly protocol: 1
  readonly thread: typeof thread
  /** Returns the result of `dump()`, without secrets. */
  readonly dump: () => string
  /** The observing side, once it was loaded. */
  observed: Observed | undefined
  /** Loads what a dump does not need. It takes turns of the loop, so it cannot be done while the thread is blocked. */
  readonly load: () => Promise<Observed>
}

/**
 * Makes this copy of gvent known to those who look into the process.
 *
 * @param environment says by `GVENT_CONSOLE` where a thread is to answer questions from the start, and by `GVENT_TRACE` at which
 *   signal the last seconds are written into a file.
 * @internal
 */
export function exposeHandle({ GVENT_CONSOLE: path, GVENT_TRACE: signal }: NodeJS.ProcessEnv): Handle {
  const handle: Handle = {
    protocol: 1,
    thread,
    dump: () => hideKnownSecrets(dump()),
    observed: undefined,
    load: async () => {
      const { Observed } = await import('./observed.js')
      return (handle.observed ??= new Observed())
    },
  }
  const place = globalThis as unknown as Record<symbol, Handle[] | undefined>
  const key = Symbol.for(HANDLES)
  if (place[key] === undefined) Object.defineProperty(place, key, { value: [], configurable: true })
  place[key]!.push(handle)
  if (path !== undefined && path !== '') openConsole(handle, path)
  if (signal !== undefined && signal !== '') startFlightRecorder(signal)
  return handle
}

// Signals are for the main thread alone; a worker has the same environment.
function startFlightRecorder(signal: string): void {
  if (!isMainThread) return
  import('./recording/flight-recorder.js')
    .then(({ FlightRecorder }) => {
      new FlightRecorder({ output: `gvent-${process.pid}.trace.json`, on: [signal, 'lost-error'] })
    })
    .catch((error: unknown) => {
      thread.hub.reportFailure(`GVENT_TRACE=${signal}: nothing is recorded`, error)
    })
}

/**
 * Loads what those need who look into this thread, while it can still be loaded.
 * @internal
 */
export async function prepareToBeSeen(): Promise<void> {
  const handles = (globalThis as unknown as Record<symbol, Handle[] | undefined>)[Symbol.for(HANDLES)] ?? []
  await Promise.all(handles.map((handle) => handle.load()))
}

function openConsole(handle: Handle, path: string): void {
  handle
    .load()
    .then((observed) => observed.serveMain(path))
    .catch((error: unknown) => {
      handle.thread.hub.reportFailure(`GVENT_CONSOLE=${path}: the socket cannot be opened`, error)
    })
}
