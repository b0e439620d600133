import { captureStack, formatStack } from '../../scheduler/stacks/stack.js'
import { findWorld } from '../world/current.js'
import { makeDate } from '../world/globals.js'
import { platform } from '../world/platform.js'
import { allOf, replaceProperty } from '../world/replacement.js'

/** The functions of the platform whose results differ each time. */
function sources(): [object: object, path: string, key: string][] {
  const { crypto, performance, AbortSignal } = globalThis
  const all: [object: object | undefined | null, path: string, key: string][] = [
    [Math, 'Math.', 'random'],
    [performance, 'performance.', 'now'],
    [crypto, 'crypto.', 'randomUUID'],
    [crypto, 'crypto.', 'getRandomValues'],
    [platform.crypto, 'crypto.', 'randomUUID'],
    [platform.crypto, 'crypto.', 'randomBytes'],
    [platform.crypto, 'crypto.', 'randomInt'],
    [platform.process?.hrtime, 'process.hrtime.', 'bigint'],
    [AbortSignal, 'AbortSignal.', 'timeout'],
    [globalThis, '', 'setTimeout'],
    [globalThis, '', 'setInterval'],
    [globalThis, '', 'setImmediate'],
    [globalThis, '', 'queueMicrotask'],
  ]
  return all.filter((source): source is [object, string, string] => {
    const [object, , key] = source
    return Object(object) === object && key in object!
  })
}

/**
 * Watches what the simulated program uses that a simulation does not control, and where.
 *
 * @param found gets a text for each: `Math.random at client.ts:14`.
 * @returns a function that ends it.
 */
export function watchForCulprits(found: Set<string>): () => void {
  const note = (what: string, below: unknown): void => {
    // What belongs to the test runner does not belong to the program.
    if (!findWorld()?.foreign.isDriving) return
    const [frame = ''] = formatStack(captureStack(below)).split('\n')
    found.add(`${what} ${frame.trim()}`)
  }
  const undo = sources().map(([object, path, key]) => {
    const original = Reflect.get(object, key) as (...args: unknown[]) => unknown
    return replaceProperty(object, key, function spy(this: unknown, ...args: unknown[]): unknown {
      note(`${path}${key}`, spy)
      return Reflect.apply(original, this === undefined ? globalThis : this, args)
    })
  })
  const { now } = Date
  const watchedNow = (): number => {
    note('Date', watchedNow)
    return now()
  }
  const restore = allOf([...undo, replaceProperty(globalThis, 'Date', makeDate(watchedNow))])
  platform.syncExports()
  return () => {
    restore()
    platform.syncExports()
  }
}
