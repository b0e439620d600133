import { described } from '../../scheduler/checks/show.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { codeLine } from '../../scheduler/stacks/advice/code-line.js'
import { AwaitedOperation } from '../calls/awaited-operation.js'
import { callOf, type Call } from '../calls/call.js'
import { combinationOf } from '../kill/combinators.js'

/** So many calls are named where one awaits several, or several await one. */
const MOST_NAMES = 3

/** The names that were asked for: all calls of a function have the same, and to ask takes as long as many steps. */
const names = new WeakMap<object, string>()

/** The name of the function of a call, as far as the platform tells it; empty for an anonymous one. @internal */
export function nameOfCall({ generator }: Pick<Call, 'generator'>): string {
  if (generator === null) return ''
  // Each generator function has one of its own for its generators.
  const key = Object.getPrototypeOf(generator) as object
  let name = names.get(key)
  if (name === undefined) {
    const place = thread.hub.platform.locateCode?.(generator)
    name = place?.name ?? ''
    if (place !== undefined) names.set(key, name)
  }
  return name
}

/** A call in words: `async transfer`. @internal */
export function describeCall(call: Pick<Call, 'generator'>): string {
  const name = nameOfCall(call)
  return name === '' ? 'an async function' : `async ${name}`
}

/** The line of the `await` at which a call is parked, as in a stack. @internal */
export function placeOfCall({ generator }: Call): string {
  return generator === null ? '' : codeLine(generator, 'async ')
}

/** Describes the `await` of a call. @internal */
export function describeAwaited({ awaited, thenable }: Call): string {
  if (thenable instanceof AwaitedOperation) return described(thenable.operation)
  const inner = callOf(awaited)
  if (inner !== undefined) return describeCall(inner)
  const combination = combinationOf(awaited)
  if (combination === undefined) return 'a promise'
  const names = combination.inputs.map((input) => {
    const one = callOf(input)
    return one === undefined ? 'a promise' : describeCall(one)
  })
  return `Promise.${combination.name} of ${shorten(names)}`
}

/** Some names, if there are many. @internal */
export function shorten(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ')
}
