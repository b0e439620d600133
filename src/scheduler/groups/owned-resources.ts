import { isThenable } from '../checks/thenable.js'
import { badArgument } from '../checks/bad-argument.js'
import type { Coroutine } from '../kernel/frames.js'

/** Anything that can be closed, in one of the ways that the platform and its libraries know. */
export interface Closable {
  /** Closes it at once. Where it exists it is what is called. */
  [Symbol.dispose]?: () => unknown
  /** Closes it; what is returned is waited for. Called when there is no other way. */
  [Symbol.asyncDispose]?: () => unknown
  /** Closes it at once, as the streams of Node do. */
  destroy?: () => unknown
  /** Closes it; what is returned is waited for, if it can be. */
  close?: () => unknown
}

// What acts at once comes first: a socket's own asyncDispose makes an error of it that nobody asked for, and that of a
// server waits until the last client has gone.
const WAYS = [Symbol.dispose, 'destroy', 'close', Symbol.asyncDispose] as const

/** A thing that may be closed early, and knows its owner. @internal */
export interface OwnedResource extends Closable {
  /** The things among which it is; `null` if nobody closes it. */
  owner: OwnedResources | null
  close: () => unknown
}

/** The things that are closed together when their owner ends, the last one first. @internal */
export class OwnedResources {
  private readonly things = new Set<Closable>()

  get size(): number {
    return this.things.size
  }

  add(thing: unknown): void {
    if (!isClosable(thing))
      throw badArgument(
        'own(thing)',
        'something that can be closed, by Symbol.dispose, destroy(), close() or Symbol.asyncDispose',
        thing,
      )
    this.things.add(thing)
  }

  /** Takes a thing out that was closed in another way. */
  delete(thing: Closable): void {
    this.things.delete(thing)
  }

  /** Takes all out. */
  takeAll(): Closable[] {
    const things = [...this.things]
    this.things.clear()
    return things
  }

  /** Closes all of them, and waits where that takes time. @returns the errors of those that failed to. */
  *close(): Coroutine<unknown[]> {
    const errors: unknown[] = []
    while (this.things.size > 0) {
      for (const thing of [...this.things].reverse()) {
        if (!this.things.delete(thing)) continue
        try {
          const way = WAYS.find((each) => typeof thing[each] === 'function')!
          const closing = thing[way]!()
          if (isThenable(closing)) yield closing
        } catch (error) {
          errors.push(error)
        }
      }
    }
    return errors
  }
}

function isClosable(thing: unknown): thing is Closable {
  return Object(thing) === thing && WAYS.some((way) => typeof (thing as Closable)[way] === 'function')
}
