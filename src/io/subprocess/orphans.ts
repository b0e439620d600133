import { thread } from '../../scheduler/kernel/thread.js'
import { sendSignal } from './process-tree.js'

/** A process that is not to outlive this program. @internal */
export interface OwnedProcess {
  /** Sends a signal to it and to its descendants. */
  sendSignal(signal: NodeJS.Signals): unknown
  /** The one that is to end it. */
  readonly killSignal: NodeJS.Signals
}

/** The signals that end a program without a handler of its own; a `kill -9` cannot be noticed. */
const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

const children = new Set<OwnedProcess>()

/**
 * Ends a process when this program ends: they have sessions of their own, so that neither Ctrl-C nor a
 * terminal that is closed reaches them.
 * @internal
 */
export function endWithProgram(child: OwnedProcess): void {
  if (children.size === 0) {
    process.on('exit', endAll)
    for (const signal of SIGNALS) process.on(signal, endWith)
  }
  children.add(child)
}

/** Forgets a process that has ended. @internal */
export function letGo(child: OwnedProcess): void {
  if (!children.delete(child) || children.size > 0) return
  process.off('exit', endAll)
  for (const signal of SIGNALS) process.off(signal, endWith)
}

function endAll(): void {
  for (const child of children) child.sendSignal(child.killSignal)
}

// Only when nobody else wants the signal would it have ended this program. It is not passed on as it is: what a shell has
// put into the background ignores SIGINT.
function endWith(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  endAll()
  process.off(signal, endWith)
  // The default action, which nothing stands in the way of now.
  sendSignal(process.pid, signal, false)
  thread.hub.platform.later(() => {
    if (children.size > 0) process.on(signal, endWith)
  })
}
