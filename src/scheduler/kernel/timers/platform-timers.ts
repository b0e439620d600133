/**
 * The platform's timers and its clock, as they are when they are used: a test may put fake ones in their place (sinon,
 * Jest, Vitest, `node:test`), which then drive the hub. The clock goes on from where it was.
 *
 * A fake clock need not have all of it. Where `setTimeout` is another one than at first, time is what `performance.now`
 * says if that is another one, too, else what `Date` says if that is; and what a fake timer takes has passed when it
 * rings, whatever else says so.
 */

type SetTimeout = (callback: () => void, milliseconds: number) => unknown
type ClearTimeout = (timer: unknown) => void

// Named as globals, which the engine reads faster than properties: this is done for each timer.
declare const setTimeout: SetTimeout
declare const clearTimeout: ClearTimeout
declare const performance: { now(): number } | undefined
declare const process: { hrtime?: () => [seconds: number, nanoseconds: number] } | undefined

/** A timer, and what makes it void: a fake function knows nothing of a real timer. */
interface PlatformTimer {
  readonly timer: unknown
  readonly clearTimeout: ClearTimeout
}

const DateAtFirst = Date
const dateNowAtFirst = Date.now
const realNow = platformClock()
const ours = new WeakSet<SetTimeout>()

// Fake timers that were there before this was loaded are known by a property.
const known: SetTimeout | undefined = Object.hasOwn(setTimeout, 'clock') ? undefined : setTimeout
let source = realNow
let offset = 0
let last = 0

/** A clock in milliseconds that never goes back. @internal */
export function now(): number {
  return setTimeout === known && source === realNow ? realNow() + offset : followFake()
}

/** Whether somebody else has put timers of his own in the place of the platform's. @internal */
export function areTimersReplaced(): boolean {
  return setTimeout !== known && !ours.has(setTimeout)
}

/** Says that this `setTimeout` is for a program only, and the hub stays with the one that it had. @internal */
export function keepTimersBelow(replacement: SetTimeout): void {
  ours.add(replacement)
}

/** Calls `callback` once after `milliseconds`. @returns what {@link stopTimer} takes. @internal */
export function startTimer(milliseconds: number, callback: () => void): unknown {
  const due = now() + milliseconds
  const ring = (): void => {
    if (areTimersReplaced() || source !== realNow) catchUp(due)
    callback()
  }
  const start = ours.has(setTimeout) ? known! : setTimeout
  return {
    timer: start(ring, milliseconds),
    clearTimeout: start === known ? clearKnown : clearTimeout,
  } satisfies PlatformTimer
}

/** Says whether the program goes on until a timer of {@link startTimer} rings. Browsers know nothing of that. @internal */
export function holdProgram(started: unknown, holds: boolean): void {
  const { timer } = started as { timer: { ref?: () => void; unref?: () => void } }
  if (holds) timer.ref?.()
  else timer.unref?.()
}

/** Makes a timer of {@link startTimer} void. @internal */
export function stopTimer(started: unknown): void {
  const { timer, clearTimeout: clear } = started as PlatformTimer
  clear(timer)
}

const clearKnown = clearTimeout

function catchUp(due: number): void {
  const time = now()
  if (time < due) offset += due - time
}

function followFake(): number {
  const current = areTimersReplaced() ? fakeNow() : realNow
  if (current !== source) {
    const time = Math.max(last, source === realNow ? realNow() + offset : 0)
    source = current
    offset = time - current()
  }
  last = Math.max(last, source() + offset)
  return last
}

let fake: unknown
let fakeSource = realNow

function fakeNow(): () => number {
  // The platform's is a method of the class of `performance`.
  if (typeof performance !== 'undefined' && Object.hasOwn(performance, 'now')) {
    return sourceOf(Reflect.get(performance, 'now'), () => performance.now())
  }
  if (Date !== DateAtFirst || Date.now !== dateNowAtFirst) return sourceOf(Date.now, () => Date.now())
  return realNow
}

function sourceOf(key: unknown, read: () => number): () => number {
  if (fake !== key) {
    fake = key
    fakeSource = read
  }
  return fakeSource
}

function platformClock(): () => number {
  // Node loads `performance` when it is first named, which takes a millisecond.
  const hrtime = typeof process === 'undefined' ? undefined : process.hrtime
  if (hrtime !== undefined) {
    return () => {
      const [seconds, nanoseconds] = hrtime()
      return seconds * 1e3 + nanoseconds / 1e6
    }
  }
  return typeof performance === 'undefined' ? dateNowAtFirst.bind(Date) : performance.now.bind(performance)
}
