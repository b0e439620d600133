// One step of a greenlet: from where it was resumed to where it waits again, or ends.
//
// A greenlet is a stack of generators (see frames.ts). A step sends something into the innermost one (the value of its
// wait, an error to raise, or `return` when it is ended by force) and looks at what comes out:
//
//     came out                                  done with it
//     ─────────────────────────────────────     ───────────────────────────────────────────────────────
//     its own wait, which has parked            park: the greenlet leaves the run queue
//     nothing (a bare `yield`)                  give way: to the back of the run queue
//     its own wait, which is over already       go on with the result, but for every 1,024th
//     a call, a coroutine                       push a frame and go on in it
//     any other operation, a promise            begin a wait for it, and park
//     the end of the generator                  pop the frame; its value or error goes to the one below, or ends all
//
// There are two functions because of the compiler. Nearly every step is the first or second line, resumed by a value:
// `driveGreenlet` does just those, and is small enough to be inlined into the loop of the hub. `advanceGreenlet` does all,
// in a loop, since a frame may end at once and the one below it too; no step takes more of the engine's stack than one.
//
// Invariants
// - `greenlet.wait` is null while its code runs, but for the time between a wait that has begun and the `yield` that
//   passes it here. A wait found there that is not the one that came out was swallowed by a loop, and is dropped.
// - What has to be raised (interruptions.ts) is raised here, where a step begins or where it is about to park, and in
//   `checkpoint`; nowhere else. A greenlet that never waits is never interrupted.
// - An error is extended by its callers (stacks/error-stack.ts) when it leaves the frame that raised it, once.
// - Getters of a result are read inside of the `try`: what `yield*` passes on may be anybody's object.
//
// An `async` function that waits in the engine's own microtask is not driven here: its one way to be resumed is in
// src/async, and it takes part in all else as a greenlet does.
//
// Alternatives: one function for all (too large to be compiled well, see `driveGreenlet`);
// native `yield*` for calls (resuming costs more with each level); a recursive driver (a million frames overflow it).

import { misuse } from '../checks/errors.js'
import { messageOf } from '../checks/show.js'
import { dropForced, startGrace } from './fiber/kill-grace.js'
import { badYields, delegate, isCoroutine, isWaitable, perform, popFrame, type Driven, type Frame } from './frames.js'
import { reporter } from './reporter.js'
import type { Wait } from './wait.js'

/** The arguments of a greenlet, if they are not exactly one. @internal */
export class Arguments {
  readonly #brand = undefined

  constructor(readonly list: unknown[]) {}

  /** Tells one from the value of anybody else; unlike `instanceof` it runs no code of the value's own. */
  static is(this: void, value: unknown): value is Arguments {
    return typeof value === 'object' && value !== null && #brand in value
  }
}
/** Nothing at all. @internal */
export const none: Arguments = new Arguments([])

/**
 * Runs a greenlet up to its next wait. Nearly every step is one of a greenlet whose wait has ended well, and ends in a
 * bare yield or in another wait: that much is done here, and all the rest by `advanceGreenlet`. Together they are too
 * large to be compiled well. Their names distinguish the frames of a program from those of the hub in a stack.
 * @internal
 */
export function driveGreenlet(greenlet: Driven): void {
  const { frame, wait } = greenlet
  if (frame === null || greenlet.interruptions !== null || wait?.failed) {
    advanceGreenlet(greenlet, null, false)
    return
  }
  let result: IteratorResult<unknown, unknown>
  let value: unknown
  let done: boolean | undefined
  greenlet.wait = null
  greenlet.enter()
  try {
    // Read here, because a result that `yield*` passes on may be anybody's, with getters that raise errors.
    result = nextOf.call(frame, wait === null ? undefined : wait.value)
    value = result.value
    done = result.done
  } catch (error) {
    advanceGreenlet(greenlet, { done: true, value: error, delegated: false }, true)
    return
  }
  const begun = greenlet.wait as Wait<unknown> | null
  if (done || greenlet.interruptions !== null) {
    advanceGreenlet(greenlet, { done, value, delegated: result === value }, false)
  } else if (value === undefined && begun === null) {
    greenlet.giveWay()
  } else if (result === begun && begun.parked) {
    greenlet.park(begun)
  } else advanceGreenlet(greenlet, { done, value, delegated: result === value }, false)
}

// Goes on with what a frame gave or, as `failed` says, raised; with what the wait gave, if that is `null`.
function advanceGreenlet(greenlet: Driven, outcome: Outcome | null, failed: boolean): void {
  let value: unknown = undefined
  if (outcome === null) {
    const { wait } = greenlet
    if (wait !== null) {
      greenlet.wait = null
      value = wait.value
      failed = wait.failed
    }
    if (greenlet.interruptions?.due) {
      value = greenlet.interruptions.shift()
      failed = true
    }
  }
  greenlet.enter()
  let frame = greenlet.frame ?? enterGreenlet(greenlet)
  let extended: unknown = none
  while (frame !== null) {
    let done: boolean | undefined
    let delegated = false
    if (outcome !== null) {
      ;({ value, done, delegated } = outcome)
      outcome = null
    } else {
      try {
        const result: IteratorResult<unknown, unknown> = failed
          ? raiseIn(frame, value, greenlet)
          : greenlet.interruptions?.forced
            ? returnInto.call(frame, undefined)
            : nextOf.call(frame, value)
        value = result.value
        done = result.done
        delegated = result === value
        failed = false
      } catch (error) {
        value = failed ? raisedInstead(error, value) : error
        failed = done = true
      }
    }
    if (done) {
      if (failed && value !== extended) {
        greenlet.extendStack(value)
        extended = value
      }
      frame = popFrame(greenlet)
      if (frame === null) {
        greenlet.finish(value, failed)
        return
      }
      continue
    }
    if (greenlet.interruptions?.forced) {
      if (dropForced(greenlet, greenlet.interruptions)) return
      continue
    }
    if (value !== greenlet.wait || value === null) {
      if (greenlet.wait !== null) greenlet.dropWait()
      if (value !== undefined) {
        const performed = perform(greenlet, value, delegated)
        if (performed !== null) {
          value = performed.value
          failed = performed.failed
          frame = greenlet.frame!
          continue
        }
      }
    } else if (!delegated && greenlet.wait?.parked) greenlet.wait.delegated = false
    if (greenlet.wait?.settled) {
      if (greenlet.hub.givesWay(greenlet, greenlet.wait.givesWay)) {
        greenlet.giveWay()
        return
      }
      value = greenlet.wait.value
      failed = greenlet.wait.failed
      greenlet.wait = null
      continue
    }
    if (greenlet.interruptions !== null) {
      if (greenlet.interruptions.due) {
        greenlet.dropWait()
        value = greenlet.interruptions.shift()
        failed = true
        continue
      }
      if (greenlet.interruptions.shields === 0) greenlet.interruptions.unwinding = false
      if (greenlet.interruptions.killedWith !== undefined) startGrace(greenlet, greenlet.interruptions)
    }
    if (greenlet.wait === null) {
      greenlet.giveWay()
    } else {
      greenlet.park(greenlet.wait)
    }
    return
  }
}

// Calls the function. What it gives is the first frame; a plain function's value ends the greenlet at once.
function enterGreenlet(greenlet: Driven): Frame | null {
  const { body, argument } = greenlet
  let result: unknown
  greenlet.argument = undefined
  try {
    if (body === undefined) result = greenlet.run(...(Arguments.is(argument) ? argument.list : [argument]))
    else if (argument === none) result = body()
    else result = Arguments.is(argument) ? body(...argument.list) : body(argument)
    if (isCoroutine(result)) return (greenlet.frame = result)
    if (isWaitable(result)) return (greenlet.frame = delegate(result))
    if (hasTag(result, 'AsyncGenerator') && hasTag(body, 'AsyncGeneratorFunction'))
      throw asyncGenerator(result as object, greenlet)
  } catch (error) {
    greenlet.extendStack(error)
    greenlet.finish(error, true)
    return null
  }
  greenlet.finish(result, false)
  return null
}

/** The functions that run what a program wrote, by the names with which they stand in stacks. @internal */
export const hubFunctions: Record<string, (greenlet: Driven, ...args: never[]) => unknown> = {
  driveGreenlet,
  advanceGreenlet,
  enterGreenlet,
}

/** The result of a frame. */
interface Outcome {
  done: boolean | undefined
  value: unknown
  /** Whether it comes from what a `yield*` delegates to: that passes on what it is given as it is. */
  delegated: boolean
}

function hasTag(value: unknown, tag: string): boolean {
  return (value as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag] === tag
}

function asyncGenerator(generator: object, { name, greenlet }: Driven): TypeError {
  const error = misuse(new TypeError(`${name} is an async function*; write function* and yield*`))
  return reporter.pointAtCode(error, generator, greenlet?.spawnedAt)
}

function raiseIn(frame: Frame, error: unknown, greenlet: Driven): IteratorResult<unknown, unknown> {
  const isAboutYield = typeof error === 'object' && error !== null && badYields.delete(error)
  return isAboutYield ? reporter.raiseAtYield(error as Error, frame, greenlet) : throwInto.call(frame, error)
}

// Gives the error to raise when a frame, in which `intended` was to be raised, raised `error`. A frame that delegates to a
// list or a text, which have no method `throw`, gets an error of the engine in place of it, and a kill would turn into a
// failure.
function raisedInstead(error: unknown, intended: unknown): unknown {
  if (error === intended || !/does not (?:provide|have) a 'throw' method/.test(messageOf(error))) return error
  return reporter.blameItem(intended, error as Error)
}

// Taken from the prototype once: looking `next` up on generators of many functions is a megamorphic load.
const {
  next: nextOf,
  throw: throwInto,
  return: returnInto,
} = Object.getPrototypeOf(Object.getPrototypeOf(delegate(undefined))) as Record<
  'next' | 'throw' | 'return',
  (this: Frame, value: unknown) => IteratorResult<unknown, unknown>
>
