import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parse } from 'acorn'
import { lower } from 'gvent/async/lower'
import { greenletOf } from 'gvent/async/runtime'
import * as runtime from 'gvent/async/runtime'
import * as babel from 'gvent/async/runtime/babel'
import * as esbuild from 'gvent/async/runtime/esbuild'
import * as lowered from 'gvent/async/runtime/lowered'
import * as oxc from 'gvent/async/runtime/oxc'
import * as swc from 'gvent/async/runtime/swc'
import * as tslib from 'gvent/async/runtime/tslib'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
before(() => process.on('unhandledRejection', note))
after(() => process.off('unhandledRejection', note))

const nonsense: readonly unknown[] = [
  undefined,
  null,
  5,
  'text',
  Symbol('s'),
  {},
  [],
  () => 5,
  class {},
  Promise.resolve(1),
  function* () {
    yield 1
  },
  (function* () {
    yield 1
  })(),
  async function* () {
    yield await Promise.resolve(1)
  },
  new Proxy({}, {}),
]

const helpers = { runtime, babel, esbuild, lowered, oxc, swc, tslib } as unknown as Record<
  string,
  Record<string, unknown>
>
// What it takes is no part of compiled code.
const others = ['killOnDisconnect', 'AsyncLoop', 'propertyKey']

test('helpers that are called with nonsense raise a TypeError, reject with one, or give what can be used', async () => {
  for (const [module, names] of Object.entries(helpers)) {
    for (const [name, helper] of Object.entries(names)) {
      if (typeof helper !== 'function' || others.includes(name)) continue
      for (const value of nonsense) {
        for (const args of [
          [value],
          [value, value],
          [value, value, value],
          [null, [], value],
          [null, [], undefined, value],
        ]) {
          await tryHelper(`${module}.${name}`, helper as (...args: unknown[]) => unknown, args)
        }
      }
    }
  }
  await turn()
  assert.deepEqual(unhandled, [])
})

async function tryHelper(where: string, helper: (...args: unknown[]) => unknown, args: unknown[]): Promise<void> {
  let result: unknown
  try {
    result = helper(...args)
  } catch (error) {
    assert.ok(error instanceof TypeError, `${where}: ${String(error)}`)
    return
  }
  if (!(result instanceof Promise)) return
  await result.catch((error: unknown) => {
    assert.ok(error instanceof TypeError, `${where}: ${String(error)}`)
  })
}

test('greenletOf anything that is no call is undefined', () => {
  for (const value of nonsense) assert.equal(greenletOf(value as never), undefined)
})

/** Runs two halves of a program, of which the second is compiled. */
function evaluate(native: string, compiled: string): unknown {
  const scope = `${native}\n`
  const program = lower(compiled, parse(compiled, { ecmaVersion: 'latest', allowReturnOutsideFunction: true }), {
    expression: '$runtime',
  })
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- programs are what is tested here
  return (new Function('$runtime', 'log', scope + program) as (...args: unknown[]) => unknown)(lowered, log)
}

const log: unknown[] = []

const base = `class Base {
  name = 'base'
  async method(value) { await null; log.push(['base', this.name, value]); return this.inner(value) }
  async inner(value) { return value + 1 }
  async *items() { try { yield 1; yield await this.inner(1) } finally { log.push('closed') } }
  static async make() { await null; return new this() }
}
`
const derived = `class Derived extends Base {
  name = 'derived'
  #secret = async () => { await null; return this.name }
  async method(value) { const result = await super.method(value); return [result, await this.#secret()] }
  async inner(value) { await null; return (await super.inner(value)) * 10 }
  async *items() { yield* super.items(); yield 3 }
}
`
const program = `return (async () => {
  const object = await Derived.make()
  const items = []
  for await (const item of object.items()) items.push(item)
  for await (const item of object.items()) { items.push(item); break }
  return [await object.method(1), items, object instanceof Base]
})()`

test('a class of which one half is compiled and the other is not works as natively', async () => {
  const halves = [
    [base + derived + program, 'undefined'],
    [base, derived + program],
    ['', base + derived + program],
  ] as const
  const results: unknown[] = []
  for (const [native, compiled] of halves) {
    log.length = 0
    results.push([await evaluate(native, compiled), [...log]])
  }
  // The base compiled, what extends it native.
  log.length = 0
  const Base = evaluate('', `${base}return Base`)
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above
  const run = new Function('Base', 'log', derived + program) as (...args: unknown[]) => unknown
  results.push([await run(Base, log), [...log]])
  for (const result of results) assert.deepEqual(result, results[0])
  assert.deepEqual((results[0] as unknown[])[0], [[20, 'derived'], [1, 20, 3, 1], true])
})
