import type { LightError } from '../checks/errors.js'

/** Errors whose stack goes on with those who called already, or is to stay as it is. @internal */
export const told: WeakSet<object> = new WeakSet<object>()

/** Leaves the stack of an error as it is from now on. @internal */
export function keepStack(error: unknown): void {
  if (Object(error) === error) told.add(error as object)
}

/** Says that an error that is kept and raised again and again is to say where it is raised the next time. @internal */
export function raiseAnew(error: LightError): void {
  if (told.delete(error)) delete error.stack
}
