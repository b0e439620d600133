import { checkOptions } from '../../scheduler/checks/check-options.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { getHub } from '../../scheduler/kernel/thread.js'
import { others } from '../../scheduler/reports/listed.js'
import { startThread } from '../node/process/start-thread.js'
import { blockedLoopWorker } from '../node/process/thread-programs.js'
import { CURRENT, GREENLET, NO_GREENLET, STEPS } from './blocked-loop-cells.js'

/** How long, in milliseconds, a greenlet may run before it is reported, if nothing else is said. (gevent: 0.1 s.) */
const DEFAULT_MILLISECONDS = 100

/** Options of {@link watchBlocking}. */
export interface WatchBlockingOptions {
  /** How long, in milliseconds, a greenlet may run without waiting; 100 by default. */
  milliseconds?: number | undefined
}

/**
 * Reports greenlets, and compiled async functions, that run for long without waiting, since nobody else runs meanwhile. A worker notices while it
 * happens, and prints the name of the greenlet and the stack where it hangs; a call into native code
 * (`JSON.parse`, `execSync`) shows its stack when it returns. When the greenlet waits again the time that it took is
 * printed. The same is switched on by the environment variable `GVENT_BLOCKED_MS`.
 *
 * It costs about 150 ns a step, and nothing when it is not used.
 *
 * @returns a function that ends it.
 */
export function watchBlocking(options: WatchBlockingOptions = {}): () => void {
  checkOptions(options, { own: ['milliseconds'] })
  const { milliseconds = DEFAULT_MILLISECONDS } = options
  checkDuration(milliseconds, 'watchBlocking({ milliseconds })')
  const hub = getHub()
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const worker = startThread(blockedLoopWorker, {
    workerData: { shared, milliseconds },
    execArgv: [],
  })
  worker.unref()
  let current: Greenlet | undefined
  let startedAt = 0
  Object.defineProperty(globalThis, Symbol.for(CURRENT), {
    configurable: true,
    value: () => current && String(current),
  })
  const begin = (id: number): void => {
    shared[GREENLET] = id
    shared[STEPS]!++
    startedAt = hub.now()
  }
  const end = (describe: () => string): void => {
    shared[STEPS]!++
    const took = hub.now() - startedAt
    if (took < milliseconds) return
    hub.platform.report(`${describe()} ran for ${took.toFixed(0)} ms without waiting: no other greenlet could run.`)
  }
  const stop = hub.addInstrument({
    beforeStep(greenlet) {
      current = greenlet
      begin(greenlet.id)
    },
    afterStep(greenlet) {
      current = undefined
      end(() => String(greenlet))
    },
  })
  // A call that begins in the step of a greenlet is a part of that.
  const stopCalls = others.watchSteps({
    began() {
      if (current === undefined) begin(NO_GREENLET)
    },
    ended(describe) {
      if (current === undefined) end(describe)
    },
  })
  return () => {
    stop()
    stopCalls()
    void worker.terminate()
  }
}
