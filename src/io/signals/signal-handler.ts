import { badArgument } from '../../scheduler/checks/bad-argument.js'
import type { Body } from '../../scheduler/kernel/frames.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { listenTo } from './delivery.js'
import { keepAlive } from './keep-alive.js'
import { signalName, type Signal } from './signal-name.js'

/** The handler that {@link signalHandler} has set up. */
export class SignalHandler {
  private readonly stop: () => void
  private release: (() => void) | undefined

  /** @internal */
  constructor(
    /** The signal that it listens to. */
    readonly signal: NodeJS.Signals,
    fn: Body,
    args: unknown[],
  ) {
    this.stop = listenTo(
      signal,
      () => {
        const greenlet = spawn(fn, ...args)
        if (fn.name === '') greenlet.name = signal
      },
      'named',
    )
  }

  /** Whether it keeps the program alive; it does not unless this is set. */
  get ref(): boolean {
    return this.release !== undefined
  }

  set ref(ref: boolean) {
    if (ref === this.ref) return
    this.release?.()
    this.release = ref ? keepAlive() : undefined
  }

  /**
   * Ends it: from now on the signal does what it did before. Greenlets that were started go on. Calling it again does
   * nothing.
   */
  cancel(): void {
    this.ref = false
    this.stop()
  }

  /** Cancels it, for `using`. */
  [Symbol.dispose](): void {
    this.cancel()
  }
}

/**
 * Runs `fn(...args)` in a new greenlet each time that the process gets `signal`, in place of what the signal would do
 * otherwise: also in place of the end of the program by which `run` answers SIGINT and SIGTERM.
 *
 * ```ts
 * signalHandler('SIGHUP', function* reload() {
 *   settings = yield* readSettings()
 * })
 * ```
 *
 * It does not keep the program alive, and a greenlet that waits for what only the handler could bring about is stuck,
 * unless `handler.ref = true`; where a program does nothing else it waits with {@link waitSignal}. Several handlers of one signal all run. (gevent: `gevent.signal_handler`.)
 *
 * @param signal its name or number.
 * @param fn as for `spawn`.
 * @returns what cancels it: `handler.cancel()`, or `using`.
 * @throws RangeError for what is no signal, and for SIGKILL and SIGSTOP; Error in a thread other than the main one,
 *   which signals do not reach.
 */
export function signalHandler<A extends unknown[]>(
  signal: Signal,
  fn: (...args: A) => unknown,
  ...args: A
): SignalHandler {
  const name = signalName(signal, 'signalHandler(signal, fn)')
  if (typeof fn !== 'function') {
    throw badArgument(`signalHandler('${name}', fn)`, 'a function', fn)
  }
  return new SignalHandler(name, fn as Body, args)
}
