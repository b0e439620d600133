import { isPlainObject } from '../../../scheduler/checks/plain-object.js'
import { thread } from '../../../scheduler/kernel/thread.js'
import type { PlatformFunction, Replacement } from '../patch-table.js'
import { callUnaware, makeIterable } from '../../../scheduler/waits/iterable-while-green.js'

/** A function that gives a promise, which can be waited for; nothing can stop what is behind it. */
export const iterableResult: Replacement = (original, receiver, args) =>
  makeIterable(callPlatform(original, receiver, args) as Promise<unknown>)

/**
 * A function that gives a promise and takes a `signal` among its options. What a greenlet calls, and gives up to wait
 * for, is stopped by a signal of its own. Called elsewhere the function is the platform's, with the same promise, so
 * that what does not wait in greenlets does not even differ in the order of its microtasks.
 *
 * @param findOptions where among the arguments the options are, or would be.
 */
export function abortableCall(findOptions: (args: readonly unknown[]) => number): Replacement {
  return (original, receiver, args) => {
    const index = findOptions(args)
    const options = args[index] ?? {}
    // What the platform refuses is left to it, so that the errors are its own.
    if (thread.greenlet === null || !isPlainObject(options)) return iterableResult(original, receiver, args)
    const { signal: outer } = options as { signal?: unknown }
    if (outer !== undefined && !(outer instanceof AbortSignal)) return iterableResult(original, receiver, args)
    const controller = new AbortController()
    const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal])
    const own = Array.from({ length: Math.max(args.length, index + 1) }, (_, each) => args[each])
    own[index] = { ...options, signal }
    return makeIterable(callPlatform(original, receiver, own) as Promise<unknown>, {
      describe: () => `${original.name}()`,
      cancel: () => {
        controller.abort()
      },
    })
  }
}

/** Calls a function of the platform with what its replacement was called with. */
export function callPlatform(original: PlatformFunction, receiver: unknown, args: readonly unknown[]): unknown {
  return callUnaware(() => Reflect.apply(original, receiver, args as never[]) as unknown)
}

/** A function that asks whether what it is given, or what a function gives that it calls, is a list. */
export const unaware: Replacement = callPlatform
