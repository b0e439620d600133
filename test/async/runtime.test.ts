import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { build } from 'esbuild'
import { test } from 'node:test'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { asyncToGenerator, begin, greenletOf, mark, start, startGenerator } from 'gvent/async/runtime'
import * as babel from 'gvent/async/runtime/babel'
import * as oxc from 'gvent/async/runtime/oxc'
import * as swc from 'gvent/async/runtime/swc'
import * as tslib from 'gvent/async/runtime/tslib'
import { evaluate, lowerings } from './lower.js'
import { moduleArguments } from '../io/program.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs a program natively and lowered by each compiler. @returns what it gives, which must be the same. */
async function everywhere(source: string, scope: Record<string, unknown> = {}): Promise<unknown> {
  const native = await evaluate(source, scope)
  for (const lowering of lowerings) assert.deepEqual(await evaluate(source, scope, lowering), native, lowering.name)
  return native
}

test('what a program puts in the place of then and resolve is not seen', async () => {
  const result = await everywhere(`
    const { then } = Promise.prototype, { resolve } = Promise
    const thenable = Promise.resolve(1)
    let seen = 0
    Promise.prototype.then = function (...args) { seen++; return then.apply(this, args) }
    Promise.resolve = function (value) { seen++; return resolve.call(this, value) }
    async function f() { await thenable; await null; return 2 }
    const promise = f()
    Promise.prototype.then = then
    Promise.resolve = resolve
    return promise.then((value) => [value, seen])
  `)
  assert.deepEqual(result, [2, 0])
})

test('a parameter that raises rejects the promise, and that of an async generator raises at the call', async () => {
  assert.deepEqual(
    await everywhere(`
      const raise = () => { throw new Error('no') }
      async function f(a = raise()) {}
      async function* g(a = raise()) {}
      let raised
      try { g() } catch (error) { raised = error.message }
      return f().catch((error) => [error.message, raised])
    `),
    ['no', 'no'],
  )
})

test('this, arguments, super and arrows are those of the function', async () => {
  assert.deepEqual(
    await everywhere(`
      class Base { async name() { return 'base' } }
      class Derived extends Base {
        async name() { await 0; const inner = async () => [await super.name(), this.constructor.name, arguments.length]; return await inner() }
        static async make() { await 0; return new this() }
      }
      return Derived.make().then((object) => object.name(1, 2))
    `),
    ['base', 'Derived', 2],
  )
})

test('a thenable, a subclass and a promise that is returned take as many turns as natively', async () => {
  await everywhere(`
    const log = []
    const ticks = (async () => { for (let i = 0; i < 12; i++) { log.push(i); await null } })()
    class Sub extends Promise {}
    const thenable = { then(resolve) { log.push('then'); resolve('thenable') } }
    async function returns(value) { return value }
    async function awaits(value) { return await value }
    const note = (name, promise) => promise.then((value) => log.push(name))
    const all = [thenable, new Sub((resolve) => resolve(1)), Promise.resolve(2), returns(3)].flatMap((value, index) =>
      [note('returns ' + index, returns(value)), note('awaits ' + index, awaits(value))])
    return Promise.all([ticks, ...all]).then(() => log)
  `)
})

test('what inherits from promises and is none, and a promise with a constructor of its own, are awaited as natively', async () => {
  await everywhere(`
    const log = []
    const ticks = (async () => { for (let i = 0; i < 10; i++) { log.push(i); await null } })()
    class Sub extends Promise {}
    const own = Promise.resolve('own')
    own.constructor = Sub
    const failing = Promise.resolve('failing')
    Object.defineProperty(failing, 'constructor', { get() { throw new Error('constructor') } })
    const values = [Object.create(Promise.prototype), own, failing, Object.setPrototypeOf(Promise.resolve('bare'), null)]
    const waits = values.map(async (value, index) => {
      try { log.push([index, typeof (await value)]) } catch (error) { log.push([index, error.name]) }
    })
    return Promise.all([ticks, ...waits]).then(() => log)
  `)
})

test('a for await over a synchronous iterator closes it as the engine does', async () => {
  for (const value of ['Promise.reject(new Error("no"))', '1'])
    await everywhere(`
      const log = []
      const iterable = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: ${value} }), return() { log.push('closed'); return {} } }) }
      async function f() { try { for await (const item of iterable) { log.push(item); break } } catch (error) { log.push(error.message) } return log }
      return f()
    `)
})

test('requests of an async generator are served in order, whatever it is doing', async () => {
  await everywhere(`
    const log = []
    async function* inner() { try { const sent = yield 'a'; log.push(sent); yield 'b' } finally { log.push('inner'); await 0 } }
    async function* g() { try { log.push(yield* inner()) } finally { log.push('outer') } return Promise.resolve('end') }
    const it = g()
    const all = [it.next(1), it.next(2), it.return(Promise.resolve('r')), it.next(3), it.throw(new Error('t'))]
    return Promise.allSettled(all).then((results) => [results.map((each) => each.value ?? each.reason.message), log])
  `)
})

test('a return through a yield* whose iterator has none takes as many turns as natively', async () => {
  await everywhere(`
    const log = []
    const ticks = (async () => { for (let i = 0; i < 8; i++) { log.push(i); await null } })()
    const iterable = { [Symbol.asyncIterator]() { return { next: () => ({ done: false }) } } }
    async function* g() { try { yield* iterable } finally { log.push('finally') } }
    const it = g()
    it.next()
    const value = { get then() { log.push('then'); return undefined } }
    const note = (promise) => promise.then((result) => log.push(result.done), (error) => log.push(error))
    return Promise.all([ticks, note(it.return(value)), note(it.return(Promise.reject('no')))]).then(() => log)
  `)
})

test('the helpers refuse what is no generator function, in words', async () => {
  await assert.rejects(start(5 as never, undefined, []), /lowered to 5, which gives no generator/)
  await assert.rejects(start((() => 5) as never, undefined, []), { code: 'GVENT_BAD_ARGUMENT' })
  await assert.rejects(begin({} as never), TypeError)
  assert.throws(() => startGenerator((() => 5) as never, undefined, []), /no generator function/)
  assert.throws(() => asyncToGenerator(undefined as never), /asyncToGenerator\(fn\): expected a generator function/)
  assert.throws(() => babel.wrapAsyncGenerator({} as never), TypeError)
})

test('the helpers of all compilers are there under their names', () => {
  assert.deepEqual(Object.keys(babel).sort(), Object.keys(oxc).sort())
  assert.equal(swc._async_to_generator, babel.asyncToGenerator)
  assert.equal(swc._async_generator_delegate, babel.asyncGeneratorDelegate)
  assert.deepEqual(Object.keys(tslib).sort(), [
    '__asyncDelegator',
    '__asyncGenerator',
    '__asyncValues',
    '__await',
    '__awaiter',
  ])
})

test('TypeScript may ask for a promise of another class', async () => {
  class Own<T> extends Promise<T> {}
  const promise = tslib.__awaiter(undefined, [], Own, function* () {
    yield 0
    return 1
  } as never)
  assert.ok(promise instanceof Own)
  assert.equal(await promise, 1)
})

test('methods of a native async generator and of a lowered one refuse and serve each other as natively', async () => {
  const lowered = startGenerator(
    function* () {
      yield mark(0)
      yield 1
    } as never,
    undefined,
    [],
  )
  const native = (async function* () {
    yield 1
  })()
  assert.deepEqual(await lowered.next.call(native), { done: false, value: 1 })
  await assert.rejects(native.next.call(lowered), TypeError)
  await assert.rejects(lowered.next.call({} as never) as Promise<unknown>, TypeError)
  assert.equal(Object.prototype.toString.call(lowered), '[object AsyncGenerator]')
  assert.deepEqual(await lowered.next(), { done: false, value: 1 })
})

test('a call that nothing can wake any more is collected with what it awaits', async () => {
  let collected = 0
  const registry = new FinalizationRegistry(() => collected++)
  const lose = asyncToGenerator(function* (kept: object) {
    yield new Promise(() => undefined)
    return kept
  } as never)
  const count = 2000
  for (let index = 0; index < count; index++) {
    const kept = {}
    registry.register(kept, undefined)
    void lose(kept)
  }
  for (let attempt = 0; attempt < 20 && collected < count - 64; attempt++) {
    await turn()
    gc!()
    await turn()
  }
  assert.ok(collected >= count - 64, `${collected} of ${count}`)
})

test('a loop that calls itself anew without waiting keeps none of those before', async () => {
  let collected = 0
  const registry = new FinalizationRegistry(() => collected++)
  const loop = asyncToGenerator(function* (left: number): Generator {
    const kept = {}
    registry.register(kept, undefined)
    yield 0
    if (left > 0) void loop(left - 1)
    return kept
  } as never) as (left: number) => Promise<unknown>
  await loop(1000)
  for (let attempt = 0; attempt < 20 && collected < 900; attempt++) {
    await turn()
    gc!()
    await turn()
  }
  assert.ok(collected >= 900, `${collected}`)
})

test('the calls of a second copy of the package are promises like any other', async () => {
  const outfile = fileURLToPath(new URL(`second-copy-${process.pid}.mjs`, import.meta.url))
  await build({
    stdin: {
      contents: "export * from 'gvent/async/runtime'",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  try {
    const second = (await import(outfile)) as {
      asyncToGenerator: typeof asyncToGenerator
      greenletOf: typeof greenletOf
    }
    let resolve: (value: unknown) => void
    const foreign = second.asyncToGenerator(function* () {
      const value: unknown = yield new Promise((resolved) => (resolve = resolved))
      return value
    } as never)
    const promise = foreign()
    const own = asyncToGenerator(function* () {
      const values: unknown = yield Promise.all([promise])
      return values
    } as never)
    const [first, other] = [own(), own()]
    assert.equal(greenletOf(promise), undefined)
    assert.ok(second.greenletOf(promise))
    await greenletOf(first)!.kill()
    await assert.rejects(first, { code: 'GVENT_KILLED' })
    resolve!(3)
    assert.deepEqual(await other, [3])
  } finally {
    rmSync(outfile)
  }
})

test('the runtime alone has Node under the hub: names, places, stores', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    moduleArguments(
      `import { greenletOf, start } from 'gvent/async/runtime'
     function* waits() { yield new Promise((resolve) => setTimeout(resolve, 1)) }
     const promise = start(waits, null, [])
     console.log(greenletOf(promise).name)
     await promise`,
    ),
    { cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
  )
  assert.equal(stdout, 'waits\n')
})
