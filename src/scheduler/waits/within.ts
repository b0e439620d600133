import { misuse } from '../checks/errors.js'
import { show } from '../checks/show.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import type { Returned } from '../kernel/frames.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { FunctionCall } from '../greenlets/call.js'
import { race } from './combinators.js'

/** A store of context over waits: an `AsyncLocalStorage`. */
export interface ContextStorage<S> {
  /** Calls `step` with `store` as the current one. */
  run<R>(store: S, step: () => R): R
}

/** Calls `step` in a context: `(step) => context.with(active, step)` for OpenTelemetry. */
export type Enter = <R>(step: () => R) => R

/** A call in a greenlet of its own, which begins in the context and so keeps it. */
class CallWithin extends FunctionCall<unknown> {
  constructor(
    private readonly enter: Enter,
    work: () => unknown,
  ) {
    super(work, undefined, [])
  }

  override beginWait(wait: Wait<unknown, Greenlet | undefined>): void {
    this.enter(() => {
      super.beginWait(wait)
    })
  }
}

/**
 * Runs `work` in a context that stays with it over every wait, and that the greenlets it spawns inherit.
 *
 * ```ts
 * const requestId = new AsyncLocalStorage<string>()
 * yield* within(requestId, 'r-17', function* () {
 *   yield* sleep(10)
 *   requestId.getStore()                               // 'r-17', and in what is spawned here
 * })
 * ```
 *
 * `storage.run(store, function* …)` would only *make* the generator in the context. For a context that is entered in
 * another way, pass the function that does: `within((step) => context.with(active, step), work)` of OpenTelemetry.
 *
 * @param storage an `AsyncLocalStorage`, or anything with such a `run`.
 * @param store its value during `work`.
 * @param work a function, usually a generator function.
 * @returns what `work` returns.
 * Cancel safety: that of `work`, which runs in a greenlet of its own. Its cleanup runs in the context, too.
 */
export function within<S, R>(storage: ContextStorage<S>, store: S, work: () => R): Operation<Returned<R>>
/** Runs `work` in the context that `enter` enters. */
export function within<R>(enter: Enter, work: () => R): Operation<Returned<R>>
export function within(...args: readonly unknown[]): Operation<unknown> {
  const work = args.at(-1)
  const enter = args.length === 2 ? args[0] : entering(args[0], args[1])
  if (typeof enter !== 'function' || typeof work !== 'function') {
    throw misuse(
      new TypeError(
        `within(storage, store, work): expected an AsyncLocalStorage, its value and a function, got ${args.map(show).join(', ')}; ` +
          'write within(storage, value, function* () { … })',
      ),
    )
  }
  return race([new CallWithin(enter as Enter, work as () => unknown)])
}

function entering(storage: unknown, store: unknown): Enter | undefined {
  if (typeof (storage as Partial<ContextStorage<unknown>> | null)?.run !== 'function') return undefined
  return (step) => (storage as ContextStorage<unknown>).run(store, step)
}
