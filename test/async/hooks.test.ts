import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { test } from 'node:test'
import { app, node, project } from './project.js'

const SAY = `const say = (name, fn) => console.log(name, String(fn).startsWith('async') ? 'native' : 'lowered', fn.constructor.name)\n`
const BODY = `${SAY}async function main() {
  say('main', main)
  await null
  const arrow = async () => 1
  say('arrow', arrow)
  return (await arrow()) + 1
}
`

test('modules and scripts of every kind are lowered, and what they load', async () => {
  const folder = project({
    'package.json': '{}',
    'module/package.json': '{ "type": "module" }',
    'script/package.json': '{ "type": "commonjs" }',
    'module/app.js': `import { other } from './other.mjs'; import third from '../script/third.js'\n${BODY}console.log(await main(), await other(), await third())`,
    'module/other.mjs': `${SAY}export async function other() { return 'other' }; say('other', other)`,
    'script/third.js': `${SAY}module.exports = async function third() { return 'third' }; say('third', module.exports)`,
    'script/app.js': `const third = require('./third')\n${BODY}main().then(async (n) => console.log(n, await third(), typeof require, __filename.length > 0, this === module.exports))`,
    'app.cjs': `${BODY}import('./module/other.mjs').then(({ other }) => other()).then(console.log)\nmain().then(console.log)`,
    'app.mjs': `${BODY}console.log(await main())`,
    'open.js': `${BODY}main().then(console.log)`,
  })
  const main = 'main lowered AsyncFunction\narrow lowered AsyncFunction\n'
  const table: Record<string, string> = {
    'module/app.js': `other lowered AsyncFunction\nthird lowered AsyncFunction\n${main}2 other third\n`,
    'script/app.js': `third lowered AsyncFunction\n${main}2 third function true true\n`,
    'app.mjs': `${main}2\n`,
    'open.js': `${main}2\n`,
  }
  for (const [file, stdout] of Object.entries(table)) {
    for (const round of ['cold', 'cached']) {
      assert.deepEqual(await app(folder, file), { code: 0, stdout, stderr: '' }, `${file}, ${round}`)
    }
  }
  const { stdout } = await app(folder, 'app.cjs')
  assert.deepEqual(stdout.split('\n').sort(), `${main}2\nother lowered AsyncFunction\nother\n`.split('\n').sort())
  assert.notEqual(readdirSync(join(folder, 'node_modules', '.cache', 'gvent-async')).length, 0)
})

test('TypeScript is lowered, with the lines of the program', async () => {
  const typed = `interface Shape {
  readonly sides: number
}
async function fails(shape: Shape): Promise<never> {
  await null
  throw new Error(String(shape.sides))
}
fails({ sides: 3 }).catch((error: Error) => {
  console.log(String(fails).startsWith('async'), /fails \\(.*app\\.[cm]?ts:6:/.test(error.stack!))
})
`
  for (const [file, type] of [
    ['app.ts', 'module'],
    ['app.ts', 'commonjs'],
    ['app.mts', 'commonjs'],
    ['app.cts', 'module'],
  ] as const) {
    const folder = project({ [file]: typed, 'package.json': JSON.stringify({ type }) })
    const { stdout, stderr } = await node(folder, ['--enable-source-maps', '--import', 'gvent/async', file])
    assert.equal(stdout, 'false true\n', `${file} in a package of type ${type}: ${stderr}`)
  }
})

test('TypeScript that is more than types is compiled by the compiler of the project, as its tsconfig.json says', async () => {
  const folder = project({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': '{ "extends": "./base.json" }',
    'base.json': '{ "compilerOptions": { "experimentalDecorators": true, "useDefineForClassFields": false } }',
    'kinds.ts': 'export enum Kind { One = 1 }\nexport class Place { constructor(readonly x: number) {} }',
    'app.ts': `import { Kind, Place } from './kinds.ts'
const seen: string[] = []
function note(target: object, key: string): void { seen.push(target.constructor.name + '.' + key) }
class Base { field = 1 }
class Shape extends Base {
  declare field: number
  @note async area(): Promise<number> { await null; return this.field + new Place(2).x + Kind.One }
}
console.log(await new Shape().area(), seen)`,
    'standard/tsconfig.json': '{}',
    'standard/app.ts': `function twice(method: () => Promise<number>): () => Promise<number> { return async function (this: unknown) { return 2 * (await method.call(this)) } }
class Shape { @twice async area() { await null; return 3 } }
console.log(await new Shape().area())`,
  })
  assert.deepEqual(await app(folder, 'app.ts'), { code: 0, stdout: "4 [ 'Shape.area' ]\n", stderr: '' })
  assert.equal((await app(folder, 'standard/app.ts')).stdout, '6\n')
})

test('errors have the place in the file, in JavaScript without a source map', async () => {
  const folder = project({
    'app.mjs': `async function inner() {\n  await null\n\n  throw new Error('here')\n}\ninner().catch((e) => console.log(e.stack.includes('app.mjs:4:9'), /at (async )?inner /.test(e.stack)))`,
  })
  assert.equal((await app(folder, 'app.mjs')).stdout, 'true true\n')
})

test('packages are lowered that package.json or a variable names, and no others', async () => {
  const files = (list?: unknown): Record<string, string> => ({
    'package.json': JSON.stringify({ type: 'module', gvent: { async: list } }),
    'app.js': `import { fn as one } from 'one'; import { fn as two } from '@scope/two'\n${SAY}say('one', one); say('two', two)`,
    'node_modules/one/package.json': '{ "type": "module", "main": "index.js" }',
    'node_modules/one/index.js': 'export async function fn() {}',
    'node_modules/@scope/two/package.json': '{ "type": "module", "main": "index.js" }',
    'node_modules/@scope/two/index.js': 'export async function fn() {}',
  })
  const kinds = async (list: unknown, env?: NodeJS.ProcessEnv): Promise<string[]> => {
    const { stdout, stderr } = await app(project(files(list)), 'app.js', env)
    return stdout === '' ? [stderr] : Array.from(stdout.matchAll(/lowered|native/g), String)
  }
  assert.deepEqual(await kinds(undefined), ['native', 'native'])
  assert.deepEqual(await kinds(['one']), ['lowered', 'native'])
  assert.deepEqual(await kinds(['@scope/two']), ['native', 'lowered'])
  assert.deepEqual(await kinds('*'), ['lowered', 'lowered'])
  assert.deepEqual(await kinds([], { GVENT_ASYNC: 'one, @scope/two' }), ['lowered', 'lowered'])
  assert.deepEqual(await kinds(['one'], { GVENT_ASYNC: '*' }), ['lowered', 'lowered'])
  const [message] = await kinds([1])
  assert.match(
    message!,
    /package\.json: "gvent": \{ "async": … \} has to be a list of names of packages, or "\*": \[1\]/,
  )
})

test('forked children and worker threads are lowered as their parent, in other folders too', async () => {
  const folder = project({
    'elsewhere/nothing': '',
    'child.cjs': `${SAY}async function f() {}; say(require('node:worker_threads').isMainThread ? 'child' : 'thread', f)`,
    'app.cjs':
      `const { once } = require('node:events')\nconst { fork } = require('node:child_process')\nconst { Worker } = require('node:worker_threads')\n` +
      `once(fork(__dirname + '/child.cjs', { cwd: __dirname + '/elsewhere' }), 'exit').then(() => new Worker(__dirname + '/child.cjs'))`,
  })
  assert.equal((await app(folder, 'app.cjs')).stdout, 'child lowered AsyncFunction\nthread lowered AsyncFunction\n')
})

test('a child that is a module is lowered in whatever folder it runs', async () => {
  const folder = project({
    'child.mjs': `${SAY}async function f() {}; say('child', f)`,
    'app.mjs': `import { spawn } from 'node:child_process'
spawn(process.execPath, [...process.execArgv, new URL('child.mjs', import.meta.url).pathname], { cwd: '/', stdio: 'inherit' })`,
  })
  assert.deepEqual(await app(folder, 'app.mjs'), { code: 0, stdout: 'child lowered AsyncFunction\n', stderr: '' })
})

test('without a parser one error says how to get one; a program without async functions needs none', async () => {
  const folder = project({ 'app.cjs': '\nasync function f() {}', 'plain.cjs': 'console.log("plain")' }, [])
  const { code, stderr } = await app(folder, 'app.cjs')
  assert.equal(code, 1)
  assert.match(stderr, /Error: gvent\/async needs a parser to find .*npm install --save-dev acorn/)
  assert.deepEqual(await app(folder, 'plain.cjs'), { code: 0, stdout: 'plain\n', stderr: '' })
})

test('a parser that is too old is named', async () => {
  const folder = project(
    {
      'app.cjs': 'async function f() {}',
      'node_modules/acorn/package.json': '{ "name": "acorn", "version": "7.4.1" }',
      'node_modules/acorn/index.js': '',
    },
    [],
  )
  const { code, stderr } = await app(folder, 'app.cjs')
  assert.equal(code, 1)
  assert.match(stderr, /acorn 7\.4\.1 in .*acorn is too old \(8\.8 or later is needed\)/)
})

test("a file that cannot be parsed gives the parser's error, with the place", async () => {
  const folder = project({
    'app.mjs': 'async function f() {\n  return 1 +;\n}',
    'app.cjs': 'async function f() {\n  return 1 +;\n}',
  })
  for (const file of ['app.mjs', 'app.cjs']) {
    const { code, stderr } = await app(folder, file)
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`SyntaxError.*: Unexpected token \\(acorn 8[.\\d]+\\) at .*${file}:2:13`))
  }
})

test('a damaged or foreign cache changes nothing', async () => {
  const folder = project({ 'app.cjs': `${BODY}main().then(console.log)`, cache: 'a file' })
  const { stdout } = await app(folder, 'app.cjs', { GVENT_ASYNC_CACHE: join(folder, 'cache') })
  assert.match(stdout, /main lowered/)
})

const PARSERS = ['acorn', '@babel/parser', 'oxc-parser', 'typescript']

test('with each parser the same program comes out', async () => {
  const files = {
    'app.mjs': `export default async function () { return 'default' }
${BODY}class A { async #p() { return await super.toString() } async m() { return (await this.#p()).length } static x = async (a) => a }
console.log(await main(), await new A().m(), await A.x(3), { async [1]() {} }[1].name)
const ordered = async ({ a = 1, ...rest } = {}, [b] = [2]) => { outer: for await (const x of [3, 4]) { for (const y of [x]) { if (y === 4) break outer; return [a, b, x, rest] } } }
async function* generator() { const got = yield* [1, await 2]; return got }
console.log(await ordered(), (await Array.fromAsync?.(generator()))?.length ?? 2)
console.log(await (await import('./script.cjs')).default.call({ x: 7 }, 1, 2))`,
    'script.cjs': `#!/usr/bin/env node
var await = 1, async = 2
{ async function inner() { return typeof arguments } }
module.exports = async function (a) { switch (await a) { case 1: async function one() { return this === globalThis } return [arguments.length, await (async () => this.x + arguments.length)(), await one(), typeof inner] } }`,
  }
  const natively = await node(project(files, []), ['app.mjs'])
  const outputs = await Promise.all(PARSERS.map((parser) => app(project(files, [parser]), 'app.mjs')))
  for (const [index, { code, stdout, stderr }] of outputs.entries()) {
    assert.deepEqual(
      { code, stdout, stderr },
      { ...natively, stdout: natively.stdout.replace(/native/g, 'lowered') },
      PARSERS[index],
    )
  }
})

test('each parser says where a file cannot be parsed', async () => {
  const files = { 'app.mjs': 'async function f() {\n  return 1 +;\n}', 'open.js': 'async () => 1\n\nlet = = 3' }
  for (const parser of PARSERS) {
    const folder = project(files, [parser])
    const { code, stderr } = await app(folder, 'app.mjs')
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`SyntaxError.*: .*\\(${parser} [.\\d]+\\) at .*app\\.mjs:2:1[23]`), parser)
    assert.match(
      (await app(folder, 'open.js')).stderr,
      new RegExp(`\\(${parser} [.\\d]+\\) at .*open\\.js:3:\\d`),
      parser,
    )
  }
})

test('a TypeScript that has no interface is named', async () => {
  const folder = project(
    {
      'app.cjs': 'async function f() {}',
      'node_modules/typescript/package.json': '{ "name": "typescript", "version": "7.0.2" }',
      'node_modules/typescript/index.js': '',
    },
    [],
  )
  const { stderr } = await app(folder, 'app.cjs')
  assert.match(
    stderr,
    /typescript 7\.0\.2 in .*typescript cannot be called \(up to 6 can\).* npm install --save-dev acorn/,
  )
})

test('it may be switched on twice', async () => {
  const folder = project({ 'app.mjs': `${BODY}console.log(await main())` })
  const { stdout, stderr } = await node(folder, [
    '--import',
    'gvent/async',
    '--import',
    `.${sep}node_modules/gvent/dist/bundles/async.js`,
    'app.mjs',
  ])
  assert.equal(stdout, 'main lowered AsyncFunction\narrow lowered AsyncFunction\n2\n', stderr)
})

test('greenlets have the names of their functions', async () => {
  const folder = project({
    'app.mjs': `import { greenletOf } from 'gvent/async'
const never = new Promise(() => {})
async function declared() { await never }
const arrow = async () => { await never }
const object = { async 'a b'() { await never }, async [Symbol.iterator]() { await never } }
class A { async method() { await never } async #private() { await never } p() { return this.#private() } async *g() { await never } }
const a = new A()
for (const promise of [declared(), arrow(), (async () => { await never })(), object['a b'](), object[Symbol.iterator](), a.method(), a.p(), a.g().next()])
  console.log(JSON.stringify(greenletOf(promise).name))
process.exit()`,
  })
  const { stdout } = await app(folder, 'app.mjs')
  assert.deepEqual(stdout.trim().split('\n').map(String), [
    '"declared"',
    '"arrow"',
    '""',
    '"a b"',
    '""',
    '"method"',
    '"#private"',
    '"g"',
  ])
})

test('an async function is killed at its await, and its callers are in its stacks', async () => {
  const folder = project({
    'app.mjs': `import { greenletOf } from 'gvent/async'
async function leaf() { try { await new Promise((resolve) => setTimeout(resolve, 100_000)) } finally { await null; console.log('clean') } }
async function outer() { await leaf() }
const promise = outer()
await greenletOf(promise).kill()
await promise.catch((error) => console.log(error.name, error.message))
async function fails() { await null; throw new Error('no') }
async function caller() { await fails() }
await caller().catch((error) => console.log(error.stack.split('\\n').slice(1, 3).map((line) => /at (async )?(\\w+) .*app\\.mjs:\\d+/.exec(line)?.[2]).join()))
process.exit()`,
  })
  const { stdout, stderr } = await app(folder, 'app.mjs')
  assert.equal(stdout, 'clean\nKilledError async outer was killed\nfails,caller\n', stderr)
})

test('scripts that somebody else compiles are lowered, whoever came first', async () => {
  const other =
    "const { _extensions } = require('node:module'); const { readFileSync } = require('node:fs');" +
    "_extensions['.other'] = (module, path) => module._compile(readFileSync(path, 'utf8').replaceAll('asinc', 'async'), path)"
  const folder = project({
    'other.cjs': other,
    'code.other': `${SAY}asinc function f() { await null }; say('f', f)`,
    'app.cjs': "require('./code.other')",
  })
  for (const flags of [
    ['--require', './other.cjs', '--import', 'gvent/async'],
    ['--import', 'gvent/async', '--import', './other.cjs'],
  ]) {
    const { stdout, stderr } = await node(folder, [...flags, 'app.cjs'])
    assert.equal(stdout, 'f lowered AsyncFunction\n', stderr)
  }
})

test('they are async functions for util.types, too', async () => {
  const folder = project({
    'app.mjs': `import { types } from 'node:util'
import { isAsyncFunction } from 'node:util/types'
import { createRequire } from 'node:module'
async function declared() {}
async function* generator() {}
const all = [declared, generator, async () => {}, { async m() {} }.m, () => {}, function* () {}, { then() {} }, undefined]
for (const is of [types.isAsyncFunction, isAsyncFunction, createRequire(import.meta.url)('util').types.isAsyncFunction])
  console.log(all.map((value) => is(value)).join())`,
  })
  assert.equal((await app(folder, 'app.mjs')).stdout, (await node(folder, ['app.mjs'])).stdout)
})
