/**
 * Compares the logs of random async programs, native and lowered: `npm run test:random-async -- FIRST COUNT`. Prints how many
 * differ, and the first difference of each compiler. In a process of its own, because the programs leave rejections that
 * nobody handles.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { evaluate, lowerings, type Lowering } from './lower.js'
import { randomAsyncProgram } from './random-async-program.js'

/** An error of the language, which each engine says in words of its own. */
const NO_THROW = /(?:The i|I)terator does not provide a '?throw'? method\.?/

class Sub<T> extends Promise<T> {}

async function logOf(source: string, lowering?: Lowering): Promise<string[]> {
  const lines: string[] = []
  const als = new AsyncLocalStorage<string>()
  const log = (...parts: unknown[]): void => {
    lines.push(parts.join(' ').replace(NO_THROW, 'no throw'))
  }
  const tick = (count: number): Promise<unknown> => {
    let promise: Promise<unknown> = Promise.resolve(`t${count}`)
    for (let index = 0; index < count; index++) promise = promise.then((value) => value)
    return promise
  }
  const thenable = (value: unknown): PromiseLike<unknown> =>
    ({
      then(resolve: (value: unknown) => void) {
        log('then called')
        resolve(value)
      },
    }) as PromiseLike<unknown>
  const late = (count: number): PromiseLike<unknown> =>
    ({
      then(resolve: (value: unknown) => void) {
        log('late called')
        void tick(count).then(resolve)
      },
    }) as PromiseLike<unknown>
  const throwing = (): object => ({
    get then(): never {
      log('then read')
      throw new Error('no then')
    },
  })
  const twice = (value: unknown): PromiseLike<unknown> =>
    ({
      then(resolve: (value: unknown) => void) {
        resolve(value)
        resolve('another')
        throw new Error('after the answer')
      },
    }) as PromiseLike<unknown>
  const raise = (text: string): never => {
    log('raises', text)
    throw new Error(text)
  }
  const safe = async (promise: unknown): Promise<unknown> => {
    try {
      return await promise
    } catch (error) {
      return `E${(error as Error).message}`
    }
  }
  const unhandled = (error: unknown): void => {
    log('unhandled', (error as Error).message)
  }
  process.on('unhandledRejection', unhandled)
  const shared = tick(4)
  const sharedCall = (async () => {
    await tick(3)
    return 's'
  })()
  evaluate(
    source,
    { log, tick, thenable, late, throwing, twice, raise, safe, show, als, shared, sharedCall, Sub },
    lowering,
  )
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  als.disable()
  return lines
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join()
  if (value instanceof Error) return value.message
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([key, each]) => `${key}: ${show(each)}`)
    .join()}}`
}

const [first = 1, count = 100] = process.argv.slice(2).map(Number)
const different = new Map<string, number>()
for (let seed = first; seed < first + count; seed++) {
  if (seed > first && (seed - first) % 500 === 0) console.error(`${seed - first} of ${count}`)
  const source = randomAsyncProgram(seed)
  const native = await logOf(source)
  for (const lowering of lowerings) {
    const lowered = await logOf(source, lowering)
    const index = native.findIndex((line, at) => line !== lowered[at])
    if (index === -1 && native.length === lowered.length) continue
    const before = different.get(lowering.name) ?? 0
    different.set(lowering.name, before + 1)
    if (before > 0) continue
    const at = index === -1 ? native.length : index
    console.log(`seed ${seed}, ${lowering.name}, line ${at + 1}`)
    console.log('  native ', JSON.stringify(native.slice(Math.max(0, at - 2), at + 3)))
    console.log('  lowered', JSON.stringify(lowered.slice(Math.max(0, at - 2), at + 3)))
  }
}
for (const { name } of lowerings) console.log(`${name}: ${different.get(name) ?? 0} of ${count} differ`)
process.exitCode = different.size === 0 ? 0 : 1
