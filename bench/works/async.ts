import { transformSync } from 'esbuild'
import { elapsedTime, retainedMemory } from '../gauges.js'
import type { JavaScriptPeer, Work } from '../work.js'

/** Runs the generator function that a compiler made of an async function. */
type Drive = (self: unknown, args: unknown, fn: (...args: never[]) => Generator) => Promise<unknown>

/** What a program does with so many operations. */
type Run = (operations: number) => unknown

/** What an async function is compiled to, by who drives it. */
interface Form {
  readonly name: string
  readonly note: string
  readonly load: () => Promise<Drive>
}

const gvent: Form = {
  name: 'gvent',
  note: 'the generator function is made once',
  load: async () => (await import('gvent/async/runtime/esbuild')).__async as Drive,
}

const own: Form = {
  name: "esbuild's helper",
  note: 'the same code',
  load: async () => {
    const { code } = transformSync('async () => {}', { supported: { 'async-await': false } })
    const helper = /^var __async = .*?^};$/ms.exec(code)![0]
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is the compiler's own, which is no package
    const make = new Function(`${helper}\nreturn __async`) as () => Drive
    return make()
  },
}

/**
 * Nothing but a generator and the `then` of promises: no governed await can be cheaper, since a program cannot have the engine
 * wait without the promise that `then` makes.
 */
const bare: Form = {
  name: 'bare',
  note: 'a generator and `then`, with nothing else',
  load: () =>
    Promise.resolve((self, args, fn) => {
      const generator = fn.apply(self, (args ?? []) as never)
      return new Promise((resolve, reject) => {
        const go = (value?: unknown): void => {
          const result = generator.next(value)
          if (result.done) resolve(result.value)
          else Promise.resolve(result.value).then(go, reject)
        }
        go()
      })
    }),
}

/** The same work natively and lowered: what is dear is seen beside both. */
function peers(native: () => Run, lowered: (drive: Drive) => Run, goals: readonly [number, number?]): JavaScriptPeer[] {
  const [beside, besideOwn] = goals
  return [
    { name: gvent.name, note: gvent.note, load: async () => promising(lowered(await gvent.load())) },
    { name: 'async/await', note: 'native', goal: beside, load: async () => promising(native()) },
    {
      name: own.name,
      note: own.note,
      ...(besideOwn === undefined ? {} : { goal: besideOwn }),
      load: async () => promising(lowered(await own.load())),
    },
    { name: bare.name, note: bare.note, load: async () => promising(lowered(await bare.load())) },
  ]
}

function promising(run: Run): (operations: number) => Promise<unknown> {
  return async (operations) => run(operations)
}

const settled = Promise.resolve(1)
const rounds = { unit: 'ns', gauge: elapsedTime, operations: 20_000, warmups: 10, rounds: 15 } as const

/** One operation: an `await` of a promise that is settled. */
export const awaitingSettled: Work = {
  ...rounds,
  name: 'await-settled',
  title: 'an await of a settled promise',
  peers: peers(
    () => async (operations) => {
      for (let turn = 0; turn < operations; turn++) await settled
    },
    (drive) => (operations) =>
      drive(null, null, function* () {
        for (let turn = 0; turn < operations; turn++) yield settled
      }),
    [1.25],
  ),
}

/** One operation: an `await` of a promise that a microtask settles. */
export const awaitingPending: Work = {
  ...rounds,
  name: 'await-pending',
  title: 'an await of a pending promise',
  peers: peers(
    () => async (operations) => {
      for (let turn = 0; turn < operations; turn++) await new Promise<void>(queueMicrotask)
    },
    (drive) => (operations) =>
      drive(null, null, function* () {
        for (let turn = 0; turn < operations; turn++) yield new Promise<void>(queueMicrotask)
      }),
    [1.5],
  ),
}

/** One operation: a call that awaits once, and is awaited. */
export const calling: Work = {
  ...rounds,
  name: 'async-call',
  title: 'a call of an async function with one await',
  peers: peers(
    () => {
      async function task(value: number): Promise<number> {
        await undefined
        return value
      }
      return async (operations) => {
        for (let turn = 0; turn < operations; turn++) await task(turn)
      }
    },
    (drive) => {
      function* code(value: number): Generator {
        yield undefined
        return value
      }
      function task(this: unknown, _value: number): Promise<unknown> {
        // eslint-disable-next-line prefer-rest-params -- as compilers write it
        return drive(this, arguments, code)
      }
      return (operations) =>
        drive(null, null, function* () {
          for (let turn = 0; turn < operations; turn++) yield task(turn)
        })
    },
    [3, 1],
  ),
}

/** One operation: one of 100,000 calls that are alive together, joined by `Promise.all`. */
export const joining: Work = {
  ...rounds,
  name: 'async-all',
  title: '100,000 calls joined by Promise.all',
  operations: 100_000,
  warmups: 3,
  rounds: 7,
  peers: peers(
    () => {
      async function task(value: number): Promise<number> {
        await undefined
        return value
      }
      return (operations) => Promise.all(Array.from({ length: operations }, (_, index) => task(index)))
    },
    (drive) => {
      function* code(value: number): Generator {
        yield undefined
        return value
      }
      const task = (value: number): Promise<unknown> => drive(null, [value], code)
      return (operations) => Promise.all(Array.from({ length: operations }, (_, index) => task(index)))
    },
    [5, 1.5],
  ),
}

/** One operation: a call that awaits what never comes. */
export const pendingMemory: Work = {
  name: 'async-memory',
  title: 'memory of a pending call',
  unit: 'bytes',
  gauge: retainedMemory,
  operations: 50_000,
  warmups: 0,
  rounds: 1,
  flags: ['--expose-gc'],
  peers: peers(
    () => {
      async function task(promise: Promise<unknown>): Promise<unknown> {
        return await promise
      }
      return (operations) => {
        const never = new Promise(() => undefined)
        return { never, calls: Array.from({ length: operations }, () => task(never)) }
      }
    },
    (drive) => {
      function* code(promise: Promise<unknown>): Generator {
        const value: unknown = yield promise
        return value
      }
      return (operations) => {
        const never = new Promise(() => undefined)
        return { never, calls: Array.from({ length: operations }, () => drive(null, [never], code)) }
      }
    },
    [2],
  ),
}
