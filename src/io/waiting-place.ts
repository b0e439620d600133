import type { Wait } from '../scheduler/operation.js'
import { parkedStack } from '../scheduler/parked-stack.js'

/** A wait of whatever kind. @internal */
export type Where = Pick<Wait<unknown>, 'greenlet' | 'hub'>

/**
 * Where in the program somebody waits, as the end of a stack: an error that comes from outside of the hub was made where
 * nothing of the program is on the engine's own stack.
 * @internal
 */
export function placeOf({ greenlet, hub }: Where): string {
  if (greenlet?.state !== 'waiting' || !hub.stacks.take()) return ''
  return `\n${parkedStack(greenlet)}`
}
