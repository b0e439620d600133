import { Hub } from './hub.js'
import type { Greenlet } from './runnable.js'
import { running } from './running.js'

class Thread {
  hub: Hub = new Hub()

  get greenlet(): Greenlet | null {
    return running.note.greenlet
  }

  set greenlet(greenlet: Greenlet | null) {
    running.note.greenlet = greenlet
  }
}

/**
 * The state of this JavaScript thread: its hub, and the greenlet that runs at the moment. One constant object of a
 * class, because the engine reads its fields as fast as locals, which it does not do for a function or a live binding.
 * @internal
 */
export const thread: Thread = /* @__PURE__ */ new Thread()

/** The hub of this JavaScript thread: `hub.onError`, `hub.grace`. The same as {@link getHub} gives, outside of simulations. */
export const hub: Hub = /* @__PURE__ */ getHub()

/** The hub: the one scheduler of this JavaScript thread. (gevent: `get_hub`.) */
export function getHub(): Hub {
  return thread.hub
}

/** The greenlet that runs at the moment, or `undefined` outside of all greenlets. (gevent: `getcurrent`.) */
export function getCurrent(): Greenlet | undefined {
  return thread.greenlet ?? undefined
}
