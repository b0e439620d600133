import type { Random } from './random.js'
import { allOf, replaceProperty } from './replacement.js'
import { makeTimerFunctions } from './simulated-timers.js'
import type { World } from './world.js'

/** What a simulated clock says at first: as in Go's synctest, midnight UTC of 1 January 2000. */
const EPOCH = Date.UTC(2000, 0, 1)

const { crypto, performance } = globalThis

/**
 * Puts what the platform has of clocks, timers and chance under a simulation: `Date`, `performance.now`, the functions
 * of timers, `Math.random`, `crypto.randomUUID` and `crypto.getRandomValues`. What a module took hold of before, by a
 * named import of `node:timers` say, is out of reach.
 *
 * @returns a function that puts back what was there.
 */
export function simulateGlobals(world: World): () => void {
  const { timeline } = world
  const { random } = world.options
  const undo = Object.entries(makeTimerFunctions(world)).map(([name, fn]) => replaceProperty(globalThis, name, fn))
  return allOf([
    ...undo,
    replaceProperty(
      globalThis,
      'Date',
      makeDate(() => EPOCH + timeline.now),
    ),
    replaceProperty(performance, 'now', () => timeline.now),
    replaceProperty(Math, 'random', () => random.fraction()),
    replaceProperty(crypto, 'randomUUID', () => makeUuid(random)),
    replaceProperty(crypto, 'getRandomValues', <T extends ArrayBufferView>(array: T) => fill(array, random)),
  ])
}

/** A `Date` that knows of another present. */
export function makeDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new Date(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
  })
}

function makeUuid(random: Random): string {
  const bytes = fill(new Uint8Array(16), random)
  // Version 4 and the variant of RFC 9562.
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}

function fill<T extends ArrayBufferView>(array: T, random: Random): T {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  for (let index = 0; index < bytes.length; index++) bytes[index] = random.below(256)
  return array
}
