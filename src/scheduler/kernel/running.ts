import type { Greenlet } from './runnable.js'

/**
 * Where the greenlet that runs at the moment is noted: see `thread.greenlet`, which reads it.
 *
 * The note is written at every step, and storing a young object in an old one costs 2 to 3 ns, as the collector of young
 * objects has to remember that: a seventh of a switch. So each turn of a hub begins with a new note, which is younger
 * than nearly all greenlets and does not live to be old.
 * @internal
 */
export const running: { note: { greenlet: Greenlet | null } } = { note: { greenlet: null } }

/** Takes a new note of it. @internal */
export function renewNote(): void {
  running.note = { greenlet: running.note.greenlet }
}
