import { nameError } from './errors.js'

/** Raised where the script waits when nothing can ever wake the waiting greenlets again. (gevent: `LoopExit`.) */
export class LoopExit extends Error {
  declare readonly name: 'LoopExit'
  declare readonly code: 'GVENT_LOOP_EXIT'
}
nameError(LoopExit, 'LoopExit', 'GVENT_LOOP_EXIT')

/** Two greenlets used one thing at a time that only one may use. (gevent: `ConcurrentObjectUseError`.) */
export class ConcurrentUseError extends Error {
  declare readonly name: 'ConcurrentUseError'
  declare readonly code: 'GVENT_CONCURRENT_USE'
}
nameError(ConcurrentUseError, 'ConcurrentUseError', 'GVENT_CONCURRENT_USE')

/** `getNowait` or `peekNowait` found nothing. */
export class Empty extends Error {
  declare readonly name: 'Empty'
  declare readonly code: 'GVENT_EMPTY'
}
nameError(Empty, 'Empty', 'GVENT_EMPTY')

/** `putNowait` found no room. */
export class Full extends Error {
  declare readonly name: 'Full'
  declare readonly code: 'GVENT_FULL'
}
nameError(Full, 'Full', 'GVENT_FULL')

/** The queue was shut down: nothing more goes in, or nothing is left to come out. */
export class ShutDown extends Error {
  declare readonly name: 'ShutDown'
  declare readonly code: 'GVENT_SHUT_DOWN'
}
nameError(ShutDown, 'ShutDown', 'GVENT_SHUT_DOWN')

/** The barrier is broken, or was reset while something waited for it. (Python: `BrokenBarrierError`.) */
export class BrokenBarrierError extends Error {
  declare readonly name: 'BrokenBarrierError'
  declare readonly code: 'GVENT_BROKEN_BARRIER'
}
nameError(BrokenBarrierError, 'BrokenBarrierError', 'GVENT_BROKEN_BARRIER')
