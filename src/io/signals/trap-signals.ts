import { constants } from 'node:os'
import { listenTo } from './delivery.js'

const traps = new Set<(signal: string) => void>()
let stops: (() => void)[] = []
let received = false

/**
 * Calls `onSignal` when SIGINT (Ctrl-C) or SIGTERM arrives, in place of Node's default of ending the process, unless the
 * program has a `signalHandler` for it or waits for it. The exit status becomes 128 and the signal's number, as shells
 * have it (130, 143), unless the program sets `process.exitCode` itself. A second signal ends the process at once, with
 * that status.
 *
 * When the last one stops, the signals do what they did before.
 *
 * @returns a function that stops trapping.
 * @internal
 */
export function trapSignals(onSignal: (signal: string) => void): () => void {
  // A function of its own for each call, so that the same one may trap twice.
  const trap = (signal: string): void => onSignal(signal)
  if (traps.size === 0) stops = (['SIGINT', 'SIGTERM'] as const).map((signal) => listenTo(signal, handle, 'fallback'))
  traps.add(trap)
  return () => {
    if (!traps.delete(trap) || traps.size > 0) return
    for (const stop of stops) stop()
    received = false
  }
}

function handle(signal: NodeJS.Signals): void {
  const status = 128 + constants.signals[signal]
  if (received) process.exit(status)
  received = true
  process.exitCode ??= status
  for (const trap of [...traps]) trap(signal)
}
