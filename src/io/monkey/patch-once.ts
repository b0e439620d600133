import events from 'node:events'
import { abortableCall } from './green/abortable-call.js'
import { applyPart, type Part } from './patch-part.js'

/** The part that {@link patchOnce} patches. */
export const eventsPart: Part = {
  name: 'events',
  by: 'patchOnce',
  gevent: '–',
  cooperative: [
    { what: 'events.once()', gives: 'the arguments of the event, as an array', givingUp: 'removes the listeners' },
  ],
  cannot: '`events.on()` gives an async iterator: loop over `each(on(emitter, name))`',
  tables: [{ name: 'events', target: () => events, replaces: { once: abortableCall(() => 2) } }],
}

/**
 * Lets `once` of `node:events` be waited for in a greenlet: `const [code] = yield* once(child, 'exit')`. A greenlet that
 * is killed leaves no listener behind.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchOnce(): boolean {
  return applyPart(eventsPart)
}
