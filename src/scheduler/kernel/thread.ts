import { Hub } from './hub.js'
import type { Greenlet } from './runnable.js'

/**
 * What this JavaScript thread is doing: its hub, and the greenlet that runs at the moment. One constant object,
 * because the engine reads its fields as fast as locals, which it does not do for a function or a live binding.
 * @internal
 */
export const thread: { hub: Hub; greenlet: Greenlet | null } = {
  hub: new Hub(),
  greenlet: null,
}

/** The hub of this JavaScript thread: `hub.onError`, `hub.grace`. The same as {@link getHub} gives, outside of simulations. */
export const hub: Hub = thread.hub

/** The hub: the one scheduler of this JavaScript thread. (gevent: `get_hub`.) */
export function getHub(): Hub {
  return thread.hub
}

/** The greenlet that runs at the moment, or `undefined` outside of all greenlets. (gevent: `getcurrent`.) */
export function getCurrent(): Greenlet | undefined {
  return thread.greenlet ?? undefined
}
