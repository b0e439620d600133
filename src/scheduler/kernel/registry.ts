import type { Runnable } from './runnable.js'

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
