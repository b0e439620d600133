import { Identity } from './identity.js'

/**
 * Notes the call behind a promise in a private field of the promise: nobody else can see it, it takes some nanoseconds,
 * and the two are collected together. An entry in a `WeakMap` would cost more than the call.
 */
class Stamp extends Identity {
  readonly #call: object

  constructor(promise: Promise<unknown>, call: object) {
    super(promise)
    this.#call = call
  }

  static has(object: object): boolean {
    return #call in object
  }

  static of(object: object): object | undefined {
    return #call in object ? object.#call : undefined
  }
}

/** Notes which call is behind a promise, unless that is noted already. @internal */
export function stamp(promise: Promise<unknown>, call: object): void {
  if (!Stamp.has(promise)) new Stamp(promise, call)
}

/** Returns the note on a promise. @internal */
export function stamped(promise: Promise<unknown>): object | undefined {
  return Stamp.of(promise)
}
