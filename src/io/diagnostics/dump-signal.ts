import { dump } from '../../scheduler/reports/dump.js'
import { getHub } from '../../scheduler/kernel/thread.js'
import { signalName } from '../signals/signal-name.js'

/** `SIGUSR1` is taken by Node's debugger. Windows has neither; there, Ctrl-Break is what a program can be asked by. */
const DUMP_SIGNAL: NodeJS.Signals = process.platform === 'win32' ? 'SIGBREAK' : 'SIGUSR2'

/**
 * Prints `dump()` on stderr whenever the process gets the signal. The same is switched on by the environment variable
 * `GVENT_DUMP=SIGUSR2`.
 *
 * @param signal the name of a signal: `SIGUSR2` by default, on Windows `SIGBREAK` (Ctrl-Break).
 * @returns a function that ends it.
 * @throws RangeError for what is no signal here, and for those that a program cannot handle.
 */
export function dumpOnSignal(signal: NodeJS.Signals = DUMP_SIGNAL): () => void {
  const name = signalName(signal, 'dumpOnSignal(signal)')
  const print = (): void => {
    const hub = getHub()
    hub.platform.report(`${hub.alive} greenlets are alive.\n${dump()}`)
  }
  process.on(name, print)
  return () => {
    process.off(name, print)
  }
}
