import { NotInGreenletError, misuse } from './errors.js'
import { described, type Describable } from './show.js'

/** @internal */
export function notInGreenlet(operation: Describable): NotInGreenletError {
  return misuse(
    new NotInGreenletError(
      `yield* ${described(operation)}: no greenlet runs here, so nobody can wait. ` +
        'Start the function with spawn(fn) or run(fn), or write `await` in place of `yield*`',
    ),
  )
}

/** @internal */
export function notDriven(operation: Describable): NotInGreenletError {
  return misuse(
    new NotInGreenletError(
      `yield* ${described(operation)}: it stands in a generator that is not driven by the hub but by a loop, a spread, ` +
        'a destructuring or a second greenlet. Delegate to that generator with `yield*`, or run it with spawn()',
    ),
  )
}
