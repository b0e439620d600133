import { dump } from '../../scheduler/reports/dump.js'
import { getHub } from '../../scheduler/kernel/thread.js'

/**
 * Prints `dump()` on stderr whenever the process gets the signal. The same is switched on by the environment variable
 * `GVENT_DUMP=SIGUSR2`.
 *
 * @param signal the name of a signal, `SIGUSR2` by default (`SIGUSR1` is taken by Node's debugger).
 * @returns a function that ends it.
 */
export function dumpOnSignal(signal: NodeJS.Signals = 'SIGUSR2'): () => void {
  const print = (): void => {
    const hub = getHub()
    hub.platform.report(`${hub.alive} greenlets are alive.\n${dump()}`)
  }
  process.on(signal, print)
  return () => {
    process.off(signal, print)
  }
}
