import { diagnosis } from '../../checks/diagnosis.js'
import { described } from '../../checks/show.js'
import type { Driven } from '../frames.js'
import { reporter } from '../reporter.js'
import { Timer } from '../timers.js'
import type { Interruptions } from './interruptions.js'

/** How often a greenlet that yields in its cleanup is made to return before it is dropped as it is. */
const FORCED_RETURNS = 1000

/**
 * Lets a greenlet that was killed, and waits anyway, do so for a while: then it is reported, and every yield of it
 * is answered with `return()`. See interruptions.ts.
 * @internal
 */
export function startGrace(greenlet: Driven, interruptions: Interruptions): void {
  if (interruptions.timer !== null) return
  interruptions.timer = new Timer<unknown>(() => {
    interruptions.timer = null
    if (interruptions.shields > 0) interruptions.overdue = true
    else force(greenlet, interruptions, waitOf(greenlet))
  }, undefined)
  greenlet.hub.startTimer(interruptions.timer, interruptions.overdue ? 0 : graceOf(greenlet, interruptions))
}

/** Ends it by force at its next wait, if it has ignored a kill for too long: it enters a shield again. @internal */
export function forceIfOverdue(greenlet: Driven, interruptions: Interruptions): void {
  if (interruptions.overdue && !interruptions.forced) force(greenlet, interruptions, 'enters a shield')
}

/** Drops it when it yields once too often after it was ended by force. @returns whether it did. @internal */
export function dropForced(greenlet: Driven, interruptions: Interruptions): boolean {
  greenlet.dropWait()
  if (++interruptions.forcedReturns < FORCED_RETURNS) return false
  greenlet.hub.platform.report(`${greenlet.toString()} never stops yielding in its cleanup; it is abandoned there`)
  greenlet.finish(undefined, false)
  return true
}

// A catch swallowed the kill: from now on every yield is answered with return().
function force(greenlet: Driven, interruptions: Interruptions, what: string): void {
  const place = reporter.parkedStack(greenlet)
  const seconds = graceOf(greenlet, interruptions) / 1000
  greenlet.hub.platform.report(
    `${greenlet.toString()} was killed ${seconds} s ago, caught the kill and still ${what}; it is ended by force` +
      `${diagnosis.adviseOn('kill caught')}\n${place}`,
  )
  interruptions.forced = true
  greenlet.dropWait()
  greenlet.wake()
}

function waitOf({ wait }: Driven): string {
  return wait === null ? 'yields' : `waits for ${described(wait.operation)}`
}

function graceOf({ hub }: Driven, { grace }: Interruptions): number {
  return grace ?? hub.grace
}
