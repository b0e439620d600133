import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'

/** A signal, by name or by number. */
export type Signal = NodeJS.Signals | number

/** The signals that a program cannot handle. */
const UNSTOPPABLE: readonly string[] = ['SIGKILL', 'SIGSTOP']

const NONE = 'Windows has no such signal; write SIGINT (Ctrl-C), SIGBREAK (Ctrl-Break) or SIGHUP (its window is closed)'

/**
 * The name of a signal that a program can listen to.
 * @param where the call as the user wrote it, for the message.
 * @throws TypeError, RangeError
 * @internal
 */
export function signalName(signal: Signal, where: string): NodeJS.Signals {
  const name = typeof signal === 'number' ? nameOf(signal) : signal
  if (typeof name !== 'string' || !(name in constants.signals)) throw notASignal(signal, where)
  if (UNSTOPPABLE.includes(name)) {
    throw misuse(new RangeError(`${where}: a program cannot handle ${name}; the system acts on it directly`))
  }
  if (!isMainThread) {
    throw misuse(new Error(`${where}: signals reach only the main thread; call it there`), 'GVENT_MAIN_THREAD')
  }
  return name
}

function nameOf(number: number): NodeJS.Signals | undefined {
  const entries = Object.entries(constants.signals) as [NodeJS.Signals, number][]
  return entries.find(([, value]) => value === number)?.[0]
}

function notASignal(signal: unknown, where: string): TypeError | RangeError {
  const text = `${where}: expected the name of a signal, such as 'SIGHUP', got ${show(signal)}`
  if (typeof signal !== 'string') return misuse(new TypeError(text))
  if (process.platform === 'win32' && /^SIG[A-Z]+\d?$/.test(signal)) return misuse(new RangeError(`${where}: ${NONE}`))
  const upper = signal.toUpperCase()
  const meant = [upper, `SIG${upper}`].find((name) => name in constants.signals)
  return misuse(new RangeError(meant === undefined ? text : `${text}; write '${meant}'`))
}
