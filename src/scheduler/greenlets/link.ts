import { misuse } from '../checks/errors.js'
import { show } from '../checks/show.js'

/** What {@link Greenlet.link} starts: a function, or an `AsyncResult`, which takes over the greenlet's outcome. */
export type LinkTarget<G> = ((greenlet: G) => unknown) | { copyFrom(greenlet: G): unknown }

/** What a link starts, as a function. @throws TypeError for what cannot be one. @internal */
export function linkFunction<G>(target: LinkTarget<G>): (greenlet: G) => unknown {
  if (typeof target === 'function') return target
  if (typeof target?.copyFrom !== 'function') throw notALink(target)
  return (greenlet) => {
    target.copyFrom(greenlet)
  }
}

function notALink(value: unknown): TypeError {
  return misuse(
    new TypeError(
      `link(target): expected a function or an AsyncResult, got ${show(value)}; write link((greenlet) => { … })`,
    ),
  )
}
