import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { parse } from 'acorn'
import { lower } from 'gvent/async/lower'
import * as runtime from 'gvent/async/runtime/lowered'

const lowered = (source: string, sourceType: 'script' | 'module' = 'script'): string =>
  lower(source, parse(source, { ecmaVersion: 'latest', sourceType }), { expression: '$runtime' })

/** Runs a function body that returns a value or a promise. @returns what it logged and gave, or raised. */
async function run(body: string, isLowered: boolean): Promise<unknown[]> {
  const script = `var $body = function (a1, a2) {${body}\n}`
  const lines: unknown[] = []
  const log = (...values: unknown[]): void => {
    lines.push(values)
  }
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- programs are what is tested here
  const make = new Function('log', '$runtime', `${isLowered ? lowered(script) : script}\nreturn $body`) as (
    ...args: unknown[]
  ) => (...args: unknown[]) => unknown
  try {
    lines.push(['gave', await make(log, runtime).call({ name: 'this' }, 'a1', 'a2')])
  } catch (error) {
    lines.push(['raised', (error as Error).name, (error as Error).message])
  }
  return lines
}

// Each is a function body; all of its async functions are lowered.
const forms: Record<string, string> = {
  'a declaration is hoisted': 'return f(1); async function f(a) { return await a + 1 }',
  'a declaration in a block': '{ return f(1); async function f(a) { await null; return a } }',
  'a declaration in a block is none of the function':
    'var f = 1; { f(); async function f() {} } if (a1) { async function g() { return g.name } g() } return [f, typeof g]',
  'a declaration has no arguments and no caller':
    'async function f() {} return ["arguments", "caller"].map((name) => f.hasOwnProperty(name))',
  'a declaration with a name that only sloppy code has':
    'async function static() { return this === globalThis } return static()',
  'a declaration in a case': 'switch (1) { case 1: async function f() { return f.constructor.name }; return f() }',
  'declarations of the same name': 'async function f() { return 1 } async function f() { return 2 } return f()',
  'a function of the same name wins': 'async function f() {} function f() {} return f.constructor.name',
  'the prototype of an async generator is that of the function when it is called':
    'const g = async function* (a = (g.prototype = { x: 1 })) {}; g(0); g.prototype = { x: 2 }; async function* h() {} h.prototype = null; ' +
    'return [g(0).x, Object.getPrototypeOf(h()) === Object.getPrototypeOf((async function* () {}).prototype), (class { static async *m() {} }).m.prototype !== undefined]',
  'simple parameters':
    'return (async function (a, b) { return [this.x, a, b] }).call({ x: 1 }, await_ = 2, 3); var await_',
  'arguments beyond the parameters': 'return (async function (a) { await 0; return [...arguments] })(1, 2, 3)',
  'parameters with defaults and patterns':
    'return (async ({ a = 1, ...rest } = {}, [b] = [2], ...more) => [a, b, rest, more])({ c: 3 }, undefined, 4, 5)',
  'a parameter that raises': 'return (async ({ a }) => a)()',
  'a default that raises': 'const p = (async (a = b) => a)(); log(p instanceof Promise); return p',
  'a length': 'return [async (a, b = 1, c) => 0, async function (a, ...b) {}, async () => 0].map((f) => f.length)',
  'a name by its place':
    'const a = async () => 0, b = async function () {}; let c; c = async () => 0; c ??= async () => 1;' +
    'const o = { d: async () => 0, async e() {}, "f g": async () => 0, async [Symbol.iterator]() {}, async 1() {} };' +
    'const { h = async () => 0 } = {}; class K { static i = async () => 0; static async j() {} }\n' +
    'return [a, b, c, o.d, o.e, o["f g"], o[Symbol.iterator], o[1], h, K.i, K.j, async () => 0].map((f) => f.name)',
  'a named expression': 'return (async function f(n) { return n ? f(n - 1) : f.name })(3)',
  'a name that a parameter hides': 'return (async function f(f) { return f })(1)',
  'a named expression that is assigned to': 'return (async function f() { f = 1; return typeof f })()',
  'an arrow with this and arguments': 'return (async (a) => [this.name, a, arguments.length, typeof arguments[0]])(1)',
  'methods behind fields that have no semicolon':
    'class K { a = 1\n async m() { return this.a + this.#p }\n #p = 2\n async *[`g${1}`]() { yield 3 }\n b\n async n() { return 4 }\n' +
    'static c = 5\n static async s() { return this.c }\n d = 6\n async #q() { return this.d }\n async r() { return this.#q() } }\n' +
    'const k = new K(); return Promise.all([k.m(), k.g1().next(), k.n(), K.s(), k.r(), k.b])',
  'statements that begin with what becomes a parenthesis':
    'let x = log\nasync () => arguments\nasync () => new.target\nreturn (async () => { const y = log\nawait null\nreturn [x === y] })()',
  'an arrow in an arrow': 'return (async () => (async () => [this.name, arguments[1]])())()',
  'an arrow in an async function':
    'return (async function () { return (async () => [this.x, arguments[0], new.target])() }).call({ x: 1 }, 2)',
  'shorthand arguments': 'return (async () => ({ arguments }).arguments.length)()',
  'new.target in an arrow': 'function F() { this.p = (async () => new.target === F)() } return new F().p',
  'an arrow without parentheses': 'return (async a => a)(1)',
  'an arrow that gives an object': 'return (async () => ({ a: 1 }))()',
  'an arrow over lines': 'return (async (\n  a, // first\n  b = ")" /* ) */,\n) => // body\n  (a, b))(1)',
  'super in a method':
    'class A { async m(a) { return a } static async s() { return "s" } get v() { return 5 } }\n' +
    'class B extends A { async m(a) { return [await super.m(a), super.v] } static async s() { return super.s() } }\n' +
    'return Promise.all([new B().m(1), B.s()])',
  'super in an arrow':
    'class A { m(...a) { return [this.n, ...a] } get v() { return this.n } }\n' +
    'class B extends A { n = 7; k() { return (async (k) => [super.m(1), super[k](await 2), super.v, super.m?.(3), super.none?.()])("m") } }\n' +
    'return new B().k()',
  'super in the method of an object':
    'const o = { __proto__: { async m() { return 1 } }, async m() { return 1 + await super.m() } }; return o.m()',
  'private methods':
    'class A { async #m(a, b = a) { return [this === x, a, b] } static async #s() { return this === A } async *#g() { yield 1 }\n' +
    'async m() { for await (const n of this.#g()) log(n); return [await this.#m(1), await A.#s()] } } const x = new A(); return x.m()',
  'computed keys':
    'let n = 0; const k = () => `k${++n}`;' +
    'class A { async [k()]() { return 1 } static async [k()]() { return 2 } async *[(k(), k())]() { yield 3 } }\n' +
    'const o = { async [k()]() { return 5 }, async *[k()]() {} }\n' +
    'return Promise.all([new A().k1(), A.k2(), new A().k4().next(), o.k5(), Object.keys(o), o.k5.name])',
  'a method of which another takes the place':
    'class A { async m() { return 1 } m() { return 2 } async n() { return 3 } async n() { return 4 } }\n' +
    'const a = new A(); return Promise.all([a.m(), a.n(), a.m.constructor.name])',
  'members of a class':
    'class A { async m() {} static async s() {} a = async () => this.b; b = 1; static { this.c = async () => this === A } }\n' +
    'log(Object.keys(A.prototype), Object.getOwnPropertyNames(A.prototype), Object.getOwnPropertyNames(A))\n' +
    'return Promise.all([new A().a(), A.c()])',
  'a method called __proto__':
    'const o = { async __proto__() { return 1 } }; return [Object.keys(o), o.__proto__.name]',
  'methods called get, set, static and async':
    'class A { async get() { return 1 } async set() { return 2 } static async static() { return 3 } async async() { return 4 } }\n' +
    'const a = new A(); return Promise.all([a.get(), a.set(), A.static(), a.async()])',
  'a line that begins with await':
    'return (async () => { let a = 1\nawait 0\na++\nawait 1 || 2\nawait a, a++\nreturn a })()',
  'a line break after await': 'return (async () => { const a = await\n  1; await\n2\nreturn a })()',
  precedence:
    'return (async () => [await 1 + await 2, !await 0, (await 3, 4), await (1, 5), `${await 6}`, typeof await 7])()',
  'for await over values':
    'return (async () => { const r = []; for await (const [a, b = 2] of [[1], Promise.resolve([3, 4])]) r.push(a, b); return r })()',
  'for await with break, continue, labels and return':
    'const it = (n) => ({ i: 0, [Symbol.asyncIterator]() { return this }, async next() { return { value: this.i++, done: this.i > 5 } }, async return() { log("closed", n); return {} } });' +
    'return (async () => { outer: for await (const a of it("a")) { inner: for await (let b of it("b")) { if (b > 1) continue outer; if (a > 1) break outer; if (b) continue inner; log(a, b) } }\n' +
    'for await (const c of it("c")) return c })()',
  'for await that fails':
    'const it = (how) => ({ i: 0, [Symbol.asyncIterator]() { return this }, next() { if (how === "next") throw new Error("next"); return how === "result" ? 1 : { value: 1 } }, return() { log("closed"); if (how === "both") throw new Error("return"); return how === "object" ? 1 : {} } });' +
    'return (async () => { for (const how of ["next", "result", "body", "both", "object"]) try { for await (const a of it(how)) { if (how === "object") break; throw new Error("body") } } catch (e) { log(how, e.name) } })()',
  'for await with a target':
    'return (async () => { let a, o = {}; for await (a of [1, 2]) ; for await (o.x of [3]) log(o.x); for await ([a, { b: o.y = await 5 }] of [[4, {}]]) ; for await (var v of [6]); return [a, o, v] })()',
  'for await over lines':
    'return (async () => { const r = []; for await (\n  const {\n    a, // the a\n  } of\n    [{ a: 1 }] // all\n  )\n    r.push(a)\n  return r })()',
  'an async generator':
    'async function* g(n) { try { log(await n); const sent = yield Promise.resolve(1); log(sent); yield* [2, 3]; return Promise.resolve(4) } finally { log("finally") } }\n' +
    'return (async () => { const i = g(0); return [await i.next(), await i.next("sent"), await i.next(), await i.next(), await i.next()] })()',
  'an async generator whose return fails in it':
    'async function* g() { try { return Promise.reject(new Error("no")) } catch (e) { yield e.message } }\n' +
    'return (async () => { const r = []; for await (const v of g()) r.push(v); return r })()',
  'an async generator that returns without a value': 'async function* g() { return; } return g().next()',
  'async generators know what they are':
    'async function* g() {} const h = async function* () {}; const i = g();' +
    'return [g.constructor.name, h.constructor.name, String(i), i instanceof g, h() instanceof h, typeof g.prototype, typeof i[Symbol.asyncIterator]]',
  'async functions know what they are':
    'async function f() {} class A { async m() {} } const o = { async m() {} };' +
    'return [f, async () => 0, async function () {}, new A().m, o.m].map((f) => [f.constructor.name, String(Object.prototype.toString.call(f)), typeof f.prototype, f.constructor === (async () => 0).constructor])',
  'an async function cannot be constructed':
    'const o = { async m() {} }; return [async () => 0, o.m, async function () {}].map((F) => { try { new F() } catch (e) { return e.name } })',
  'a strict function': 'return (async function () { "use strict"; await 0; return this === undefined })()',
  'a sloppy function': 'return (async function () { await 0; return this === globalThis })()',
  'yield as a variable': 'return (async () => { var yield = 1; return yield })()',
  'await as a variable': 'var await = 1; return (async function () { return 2 })().then((a) => a + await)',
  eval: 'return Promise.all([(async () => eval("this.name"))(), (async function () { return eval("arguments.length") })(1, 2)])',
  'errors in finally':
    'return (async () => { try { throw new Error("a") } finally { await 0; throw new Error("b") } })()',
  'regular expressions, templates and comments':
    'return (async (a = /[)/]/, b = `)${"=>"}`) /* => */ => { return [a.source, b, /await x/.test("await x")] })()',
  'a class in parameters': 'return (async (A = class { async m() { return this.x } x = 1 }) => await new A().m())()',
  'a getter beside async methods': 'const o = { get a() { return 1 }, async b() { return this.a } }; return o.b()',
  'nested functions keep their own await':
    'return (async () => { const await_ = [1].map(function (x) { return x }); return await Promise.all(await_.map(async (x) => await x)) })()',
}

for (const [name, body] of Object.entries(forms)) {
  test(`lowered code does as native code: ${name}`, async () => {
    const native = await run(body, false)
    const script = `var $body = function (a1, a2) {${body}\n}`
    assert.deepEqual(await run(body, true), native, lowered(script))
    assert.equal(lowered(script).split('\n').length, script.split('\n').length)
  })
}

const strict = Object.entries(forms).filter(
  ([name]) => !/variable|sloppy|eval|assigned|parameter hides|same name/.test(name),
)
for (const [name, body] of strict) {
  test(`the same in strict code: ${name}`, async () => {
    assert.deepEqual(await run(`'use strict';${body}`, true), await run(`'use strict';${body}`, false))
  })
}

test('a program without async functions stays as it is, to the letter', () => {
  for (const source of ['', '// async\n', '"async function"; function* g() { yield 1 }', 'for (const async of []) ;']) {
    assert.equal(lowered(source), source)
  }
  const withTopLevelAwait = 'await 0; for await (const a of []) ;'
  assert.equal(lowered(withTopLevelAwait, 'module'), withTopLevelAwait)
})

test('a program that is lowered already stays as it is', () => {
  const once = lowered('async function f() { await using a = null; }; async () => await 0')
  assert.match(once, /async function f/)
  assert.equal(lowered(once), once)
})

test('names of the program are not taken', async () => {
  const [answer] = await run('const $g1 = 1, $g_ = 2; return (async () => [$g1, await $g_])()', true)
  assert.deepEqual(answer, ['gave', [1, 2]])
})

test('a module gets what it calls by an import, behind its directives, and exports what it exported', async (context) => {
  const source = `#!/usr/bin/env node
'use strict'
import { setTimeout as sleep } from 'node:timers/promises'
export const early = typeof later
export async function later() { await sleep(1); return import.meta.url.length > 0 }
export default async function () { return 'default' }
export const arrow = async () => await later()
export const top = await arrow()
`
  const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true })
  const code = lower(source, program, { import: import.meta.resolve('gvent/async/runtime/lowered') })
  const folder = mkdtempSync(join(tmpdir(), 'gvent-forms-'))
  context.after(() => {
    rmSync(folder, { recursive: true })
  })
  const file = join(folder, 'module.mjs')
  writeFileSync(file, code)
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown> & {
    default: () => Promise<string>
  }
  assert.equal(code.split('\n').length, source.split('\n').length)
  assert.equal(module['early'], 'function')
  assert.equal(module['top'], true)
  assert.equal(module.default.name, 'default')
  assert.equal(await module.default(), 'default')
})

test('errors have the lines and the names of the program, without a source map', async () => {
  const source = `
async function outer(a) {
  const b =
    await a;
  return await new K().method(b);
}
class K {
  async method(b) {
    await b;
    throw new Error('here');
  }
}
const arrow = async () => {
  await 0;
  throw new Error('there');
};
`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- programs are what is tested here
  const make = new Function('$runtime', `${lowered(source)}; return { outer, arrow }`) as (runtime: unknown) => {
    outer: () => Promise<void>
    arrow: () => Promise<void>
  }
  const { outer, arrow } = make(runtime)
  // The function that is made of a text begins with two lines of its own.
  await assert.rejects(outer, (error: Error) => /at (?:K\.)?method \(.*:12:11\)/.test(error.stack!))
  await assert.rejects(arrow, (error: Error) => /at arrow \(.*:17:9\)/.test(error.stack!))
})
