import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { ExternalOperation } from '../net/network.js'
import { listenTo } from './delivery.js'
import { keepAlive } from './keep-alive.js'
import { signalName, type Signal } from './signal-name.js'

/**
 * Waits until the process gets a signal.
 *
 * ```ts
 * const signal = yield* waitSignal(['SIGINT', 'SIGTERM'])
 * ```
 *
 * While something waits for it, the signal does nothing else: it does not end the program, by `run` neither. All who
 * wait go on. It keeps the program alive. When nothing waits any more it does what it did before, so that in a loop one
 * that comes between two waits would end the program: a `signalHandler` stays.
 *
 * @param signal its name or number, or several.
 * @returns the name of the one that came; `undefined` when the time is up.
 * @throws what `signalHandler` throws.
 * Cancel safety: a signal that had come already is lost with the wait.
 */
export function waitSignal(
  signal: Signal | readonly Signal[],
  options?: WaitOptions & { timeout?: null | undefined },
): Operation<NodeJS.Signals>
export function waitSignal(
  signal: Signal | readonly Signal[],
  options?: WaitOptions,
): Operation<NodeJS.Signals | undefined>
export function waitSignal(
  signal: Signal | readonly Signal[],
  options?: WaitOptions,
): Operation<NodeJS.Signals | undefined> {
  const signals = Array.isArray(signal) ? (signal as readonly Signal[]) : [signal as Signal]
  return new WaitSignal(
    signals.map((each) => signalName(each, 'waitSignal(signal)')),
    options,
  )
}

class WaitSignal extends ExternalOperation<NodeJS.Signals | undefined, () => void> {
  constructor(
    private readonly signals: readonly NodeJS.Signals[],
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<NodeJS.Signals | undefined, () => void>): void {
    const received = (signal: NodeJS.Signals): void => {
      leave()
      wait.resolve(signal)
    }
    const stops = this.signals.map((signal) => listenTo(signal, received, 'named'))
    stops.push(keepAlive())
    const leave = (): void => {
      for (const stop of stops) stop()
    }
    wait.detail = leave
  }

  cancelWait(wait: Wait<NodeJS.Signals | undefined, () => void>): void {
    wait.detail()
  }

  override expireWait(wait: Wait<NodeJS.Signals | undefined, () => void>): void {
    wait.resolve(undefined)
  }

  override describe(): string {
    return `waitSignal(${this.signals.join(', ')})`
  }
}
