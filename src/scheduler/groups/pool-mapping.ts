import type { Body, Coroutine } from '../kernel/frames.js'
import { thread } from '../kernel/thread.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { call, green, type GreenFunction } from '../greenlets/call.js'
import { protect } from '../waits/shield.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { CallResult } from '../greenlets/until-ended.js'
import { Mapping, type Spawner } from './mapping-run.js'
import type { Source } from './source.js'

/** Options of `applyAsync`. */
export interface ApplyOptions<T> {
  /** Spawned with the value when there is one; not after an error or a kill. */
  callback?: ((value: T) => unknown) | undefined
}

/** Options that may precede the function in a call. @internal */
export type CallOptions = ApplyOptions<unknown> & WaitOptions

/** A group as `apply` needs it. */
interface Applier extends Spawner {
  has(greenlet: Greenlet): boolean
}

/** Calls a function in a greenlet of the group. @internal */
export const applyIn: GreenFunction<[Applier, Body, unknown[]], Coroutine<unknown>> = green(function* apply(
  group: Applier,
  fn: Body,
  args: unknown[],
): Coroutine<unknown> {
  if (thread.greenlet !== null && group.has(thread.greenlet)) return yield* call(fn, ...args)
  const greenlet = yield* group.spawn(fn, ...args)
  try {
    return yield* new CallResult(greenlet)
  } finally {
    // Nothing that comes meanwhile takes the place of what ends this: it may be a kill.
    if (!greenlet.dead) yield* protect(greenlet.kill())
  }
})

/** Calls a function for every item, in greenlets of the group. @internal */
export const mapIn: GreenFunction<[Spawner, Body, Source<unknown>], Coroutine<unknown[]>> = green(function* map(
  group: Spawner,
  fn: Body,
  items: Source<unknown>,
): Coroutine<unknown[]> {
  const mapping = new Mapping<unknown>(group, fn, items, { ordered: true, maxSize: Infinity, stopOnError: true })
  const results: unknown[] = []
  try {
    for (;;) {
      const item = yield* mapping.next
      if (item.done) return results
      results.push(item.value)
    }
  } finally {
    yield* protect(mapping.close())
  }
})
