import { diagnosis } from './diagnosis.js'
import { NotInGreenletError, misuse } from './errors.js'
import { described, type Describable } from './show.js'

/** @internal */
export function notInGreenlet(operation: Describable): NotInGreenletError {
  return misuse(
    new NotInGreenletError(`yield* ${described(operation)}: no greenlet runs here${diagnosis.adviseOn('no greenlet')}`),
  )
}

/** @internal */
export function notDriven(operation: Describable): NotInGreenletError {
  return misuse(
    new NotInGreenletError(
      `yield* ${described(operation)}: it is in a generator that is not driven by the hub` +
        diagnosis.adviseOn('not driven'),
    ),
  )
}
