import type { Greenlet } from '../greenlets/greenlet.js'
import type { Interruptions } from './interruptions.js'
import { parkedStack } from '../reports/parked-stack.js'
import { described } from '../checks/show.js'
import { Timer } from './timers.js'

/** How often a greenlet that yields in its cleanup is told to return before it is dropped as it is. */
const FORCED_RETURNS = 1000

/** Lets a killed greenlet that waits go on doing so for a while, unless that was said already. @internal */
export function startGrace(greenlet: Greenlet, interruptions: Interruptions): void {
  if (interruptions.timer !== null) return
  interruptions.timer = new Timer<unknown>(() => {
    interruptions.timer = null
    if (interruptions.shields > 0) startGrace(greenlet, interruptions)
    else force(greenlet, interruptions)
  }, undefined)
  greenlet.hub.startTimer(interruptions.timer, interruptions.grace ?? greenlet.hub.grace)
}

// A catch swallowed the kill: from now on every yield is answered with return().
function force(greenlet: Greenlet, interruptions: Interruptions): void {
  const place = parkedStack(greenlet)
  const what = greenlet.wait === null ? 'yields' : `waits for ${described(greenlet.wait.operation)}`
  greenlet.hub.platform.report(
    `${greenlet.toString()} was killed ${(interruptions.grace ?? greenlet.hub.grace) / 1000} s ago, caught that and still ${what}; it is ended by force. ` +
      `Let GreenletExit pass: catch (error) { if (error instanceof GreenletExit) throw error; … }\n${place}`,
  )
  interruptions.forced = true
  greenlet.leaveWait()
}

/** Whether a greenlet that is ended by force yielded once too often; then it is dropped. @internal */
export function isBeyondForce(greenlet: Greenlet, interruptions: Interruptions): boolean {
  greenlet.dropWait()
  if (++interruptions.forcedReturns < FORCED_RETURNS) return false
  greenlet.hub.platform.report(`${greenlet.toString()} yields for ever in its cleanup; it is dropped as it is`)
  greenlet.finish(undefined, false)
  return true
}
