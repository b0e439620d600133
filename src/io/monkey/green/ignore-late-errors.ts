import type { EventEmitter } from 'node:events'

const muted = new WeakSet<EventEmitter>()

/**
 * From now on an `'error'` that nobody listens for does not end the process. Greenlets listen while they wait; an error
 * that comes in between is what their next wait raises, as it is for a socket of gevent.
 */
export function mute(emitter: EventEmitter): void {
  if (muted.has(emitter)) return
  muted.add(emitter)
  emitter.on('error', ignore)
}

function ignore(): void {
  // It stays with the object.
}
