import { thread } from '../../scheduler/kernel/thread.js'

/** A process that is not to outlive this program. @internal */
export interface Ward {
  /** Sends a signal to it and to its descendants. */
  sendSignal(signal: NodeJS.Signals): unknown
  /** The one that is to end it. */
  readonly killSignal: NodeJS.Signals
}

/** What ends a program that does not look after it itself; a `kill -9` cannot be noticed. */
const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

const wards = new Set<Ward>()

/**
 * Sees to it that a process ends when this program does: they have sessions of their own, so that neither Ctrl-C nor a
 * terminal that is closed reaches them.
 * @internal
 */
export function adopt(ward: Ward): void {
  if (wards.size === 0) {
    process.on('exit', endAll)
    for (const signal of SIGNALS) process.on(signal, endWith)
  }
  wards.add(ward)
}

/** The process has ended. @internal */
export function release(ward: Ward): void {
  if (!wards.delete(ward) || wards.size > 0) return
  process.off('exit', endAll)
  for (const signal of SIGNALS) process.off(signal, endWith)
}

function endAll(): void {
  for (const ward of wards) ward.sendSignal(ward.killSignal)
}

// Only when nobody else wants the signal would it have ended this program. It is not passed on as it is: what a shell has
// put into the background ignores SIGINT.
function endWith(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  endAll()
  process.off(signal, endWith)
  // The default action, which nothing stands in the way of now.
  process.kill(process.pid, signal)
  thread.hub.platform.later(() => {
    if (wards.size > 0) process.on(signal, endWith)
  })
}
