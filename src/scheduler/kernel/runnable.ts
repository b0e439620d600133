import { KilledError, type GreenletExit } from '../checks/errors.js'

/** Stands for the value of a greenlet that has ended without one. @internal */
export abstract class NoValue {
  readonly #brand = undefined

  /** Tells one from the value of anybody else; unlike `instanceof` it runs no code of the value's own. */
  static is(this: void, value: unknown): value is NoValue {
    return typeof value === 'object' && value !== null && #brand in value
  }

  /** The error for a wait for the value. */
  abstract readonly error: unknown
}

/** The error that ended a greenlet. @internal */
export class Failed extends NoValue {
  /** How many have seen it; `Infinity` once it was reported. */
  observers = 0

  constructor(readonly error: unknown) {
    super()
  }
}

/** The kill that ended a greenlet. It is reported to nobody who does not ask. @internal */
export class Killed extends NoValue {
  private raised: KilledError | undefined

  constructor(
    private readonly greenlet: { toString(): string },
    readonly exit: GreenletExit,
  ) {
    super()
  }

  /** The same one for everybody; made when something waits for the value, since few wait for what they kill. */
  get error(): KilledError {
    return (this.raised ??= new KilledError(this.greenlet.toString(), this.exit))
  }
}

/** A greenlet as the hub sees it: it can be resumed, and holds the links of the lists that it is in. @internal */
export interface Runnable {
  /** The next one in the run queue. */
  nextReady: Runnable | null
  /** Its neighbours in the registry. */
  aliveBefore: Runnable | null
  aliveAfter: Runnable | null
  /** The error that ended it, if one did. */
  readonly failure: Failed | undefined
  /** Where it was made. */
  readonly spawnedAt: string
  /** Runs it up to its next wait. @returns whether it gave way, and continues after all that are ready. */
  resume(): boolean
  /** Captures the ambient context again: code outside of its steps may have changed that. */
  keepContext(): void
  toString(): string
}

/**
 * A greenlet as programs see it. The kernel gives greenlets to programs (`hub.onError`, `operation.holders()`), and is
 * below the room that makes them: the class itself says there that it is this type (`greenlets/greenlet.ts`).
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- it is extended where greenlets are declared
export interface Greenlet extends Runnable {}

let hasBegun = false
let callbacks: (() => void)[] = []

/** Calls `callback` when the first greenlet of this thread is made, before it runs; now, if there was one. @internal */
export function onFirstGreenlet(callback: () => void): void {
  if (hasBegun) callback()
  else callbacks.push(callback)
}

/** Whether any greenlet was ever made on this thread, under whatever hub. @internal */
export function hasGreenlets(): boolean {
  return hasBegun
}

/** Notes that a hub has its first greenlet. @internal */
export function noteFirstGreenlet(): void {
  hasBegun = true
  const waiting = callbacks
  callbacks = []
  for (const callback of waiting) callback()
}

/** Knows the greenlets that were started and have not ended. @internal */
export interface Registry {
  add(greenlet: Runnable): void
  delete(greenlet: Runnable): void
  /** The youngest first. */
  [Symbol.iterator](): Iterator<Runnable>
}

/** The usual one: a list whose links are in the greenlets. */
export class StrongRegistry implements Registry {
  private first: Runnable | null = null

  add(greenlet: Runnable): void {
    const { first } = this
    greenlet.aliveAfter = first
    if (first !== null) first.aliveBefore = greenlet
    this.first = greenlet
  }

  delete(greenlet: Runnable): void {
    const { aliveBefore, aliveAfter } = greenlet
    if (aliveBefore === null) this.first = aliveAfter
    else aliveBefore.aliveAfter = aliveAfter
    if (aliveAfter !== null) aliveAfter.aliveBefore = aliveBefore
    greenlet.aliveBefore = greenlet.aliveAfter = null
  }

  *[Symbol.iterator](): Generator<Runnable> {
    for (let greenlet = this.first; greenlet !== null; greenlet = greenlet.aliveAfter) yield greenlet
  }
}
