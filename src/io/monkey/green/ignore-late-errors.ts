import type { EventEmitter } from 'node:events'

const muted = new WeakSet<EventEmitter>()

/**
 * Keeps an `'error'` that nothing listens for from ending the process. Greenlets listen while they wait; an error that
 * comes in between is raised by their next wait, as it is for a socket of gevent.
 */
export function ignoreLateErrors(emitter: EventEmitter): void {
  if (muted.has(emitter)) return
  muted.add(emitter)
  emitter.on('error', ignore)
}

function ignore(): void {
  // It stays with the object.
}
