import type { Random } from '../choices/random.js'

/** The platform's functions of chance, in a simulation. */
export interface RandomSources {
  readonly random: () => number
  readonly randomUUID: () => string
  readonly getRandomValues: <T extends ArrayBufferView>(array: T) => T
  readonly randomBytes: (size: number, callback?: (error: null, bytes: Buffer) => void) => Buffer | undefined
  readonly randomInt: (...args: unknown[]) => number | undefined
}

/** The platform's functions of chance, with all of it drawn from `random`. */
export function makeRandomSources(random: Random): RandomSources {
  const fill = <T extends ArrayBufferView>(array: T): T => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let index = 0; index < bytes.length; index++) bytes[index] = random.below(256)
    return array
  }
  return {
    random: () => random.fraction(),
    randomUUID: () => makeUuid(fill(new Uint8Array(16))),
    getRandomValues: fill,
    randomBytes: (size, callback) => give(fill(Buffer.alloc(size)), callback),
    randomInt: (...args) => {
      const callback =
        typeof args.at(-1) === 'function' ? (args.pop() as (error: null, value: number) => void) : undefined
      const [least, limit] = (args.length < 2 ? [0, args[0]] : args) as [number, number]
      return give(least + Math.floor(random.fraction() * (limit - least)), callback)
    },
  }
}

// The result where nobody asked to be called back.
function give<T>(value: T, callback: ((error: null, value: T) => void) | undefined): T | undefined {
  if (callback === undefined) return value
  queueMicrotask(() => {
    callback(null, value)
  })
  return undefined
}

function makeUuid(bytes: Uint8Array): string {
  // Version 4 and the variant of RFC 9562.
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}
