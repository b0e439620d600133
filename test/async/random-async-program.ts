import { seeded } from '../scheduler/seeded.js'

/**
 * Makes an async program of a seed: calls that await each other, values, thenables, subclasses of promises, chains and
 * combinators, `for await`, async generators, labelled loops, nested cleanup, patterns with defaults, stores of
 * `AsyncLocalStorage`, rejections that nobody handles. It logs whatever can be observed of the order in which things happen.
 */
export function randomAsyncProgram(seed: number): string {
  return new Writer(seed).program()
}

class Writer {
  private readonly random: () => number
  private readonly functions: string[] = []
  private generators = 0

  constructor(seed: number) {
    this.random = seeded(seed)
  }

  program(): string {
    let source = ''
    for (let index = 0; index < 6; index++) {
      const name = `f${index}`
      source += this.asFunction(name, this.statements(name))
      this.functions.push(name)
    }
    const main = [...this.functions]
    for (let index = 0; index < 2; index++) {
      source += this.generator(`g${index}`)
      source += `async function use${index}() { ${this.use(`g${index}`)} }\n`
      main.push(`use${index}`)
    }
    source += this.class()
    main.push('(async function m() { return await object.method(1) })')
    return (
      `${source}for (const f of [${main.join(', ')}]) als.run(f.name, () => f(1))` +
      '.then((value) => log(f.name, "=", show(value)), (error) => log(f.name, "!", error.message))'
    )
  }

  private below(count: number): number {
    return Math.floor(this.random() * count)
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  private asFunction(name: string, body: string): string {
    switch (this.below(4)) {
      case 0:
        return `const ${name} = async (a) => { ${body} }\n`
      case 1:
        return `const ${name} = async function (a, b = a) { ${body} }\n`
      default:
        return `async function ${name}(a) { ${body} }\n`
    }
  }

  private class(): string {
    return (
      `class Base { async method(a) { ${this.statements('base')} } }\n` +
      `class Derived extends Base { async method(a) { log('derived', typeof this, arguments.length); await tick(1); ` +
      `return await super.method(a) } }\nconst object = new Derived()\n`
    )
  }

  private call(): string {
    if (this.functions.length === 0 || this.below(6) === 0) {
      const wait = this.below(2) === 0 ? `await ${this.pick(['tick(1)', '0', 'null'])};` : ''
      return `(async () => { log("arrow"); ${wait} return ${this.pick(['tick(1)', '"a"', 'undefined'])} })()`
    }
    return `${this.pick(this.functions)}(${this.below(9)})`
  }

  /** Something to await. */
  private expression(): string {
    switch (this.below(26)) {
      case 0:
        return '1'
      case 1:
        return 'Promise.resolve(2)'
      case 2:
        return 'thenable(3)'
      case 3:
        return 'new Sub((resolve) => resolve(4))'
      case 4:
        return `tick(${1 + this.below(3)})`
      case 5:
        return 'Promise.reject(new Error("r"))'
      case 6:
        return 'shared'
      case 7:
        return 'sharedCall'
      case 8:
        return `Promise.all([${this.call()}, ${this.call()}, 5])`
      case 9:
        return `Promise.race([${this.call()}, ${this.call()}])`
      case 10:
        return `${this.call()}.then((v) => (log("then", show(v)), v))`
      case 11:
        return `Promise.allSettled([${this.call()}, tick(2)])`
      case 12:
        return `${this.call()}.finally(() => log("finally"))`
      case 13:
        return `Promise.any([${this.call()}, tick(4)])`
      case 14:
        return 'late(2)'
      case 15:
        return 'throwing()'
      case 16:
        return 'twice(6)'
      case 17:
        return `new Promise((resolve) => resolve(${this.call()}))`
      case 18:
        return `new Sub((resolve, reject) => reject(new Error("sub"))).catch((error) => tick(1).then(() => error.message))`
      case 19:
        return `Promise.all([${this.call()}, Promise.race([tick(2), ${this.call()}]), Promise.allSettled([${this.call()}])])`
      default:
        return this.call()
    }
  }

  private statements(id: string): string {
    let source = ''
    for (let index = 0, count = 1 + this.below(4); index < count; index++) source += this.statement(`${id}.${index}`)
    return source + this.ending(id)
  }

  private statement(id: string): string {
    if (this.below(3) === 0) return this.construct(id)
    switch (this.below(11)) {
      case 0:
        return `log("${id}"); `
      case 1: {
        const more = this.below(2) === 0 ? 'await 0; log("x");' : ''
        return (
          `try { log("${id}", show(await ${this.expression()})) } catch (e) { log("${id} caught", e.message) } ` +
          `finally { log("${id} finally", als.getStore()); ${more} } `
        )
      }
      case 2:
        return (
          `{ const p = ${this.expression()}; p?.then?.(() => log("${id} side"), () => 0); await tick(1); ` +
          `log("${id}", show(await safe(p))) } `
        )
      case 3:
        return (
          `als.run("${id}", () => { void (async () => { log("${id} in", als.getStore()); await tick(2); ` +
          `log("${id} in2", als.getStore()) })() }); `
        )
      case 4:
        return `for await (const x of [${this.expression()}, 1].map(safe)) log("${id}", typeof x, als.getStore()); `
      case 5:
        return `void safe(${this.call()}); `
      case 6:
        return `als.enterWith("${id}"); log("${id}", show(await safe(${this.expression()})), als.getStore()); `
      case 7:
        return `queueMicrotask(() => log("${id} micro")); await ${this.pick(['null', 'tick(1)', 'undefined'])}; log("${id}"); `
      default:
        return `log("${id}", show(await safe(${this.expression()})), als.getStore()); `
    }
  }

  /** Something of which a compiler may lose a part. */
  private construct(id: string): string {
    const safe = (): string => `await safe(${this.expression()})`
    switch (this.below(16)) {
      case 0:
        return (
          `outer: for (const i of [0, 1, 2]) { try { try { if (i === ${this.below(3)}) { await tick(1); continue outer } ` +
          `log("${id}", i, show(await ${this.expression()})); if (i === 1) break outer } finally { await ${this.pick(['0', 'tick(2)'])}; ` +
          `log("${id} inner") } } catch (e) { log("${id}", e.message) } finally { log("${id} outer", als.getStore()); ${safe()} } } `
        )
      case 1:
        return (
          `{ const { p = ${safe()}, q: [r = await tick(1), ...s] = [undefined, 2, 3], ...rest } = { t: 1, p: ${this.pick(['undefined', '0'])} }; ` +
          `log("${id}", show(p), show(r), show(s), show(rest)) } `
        )
      case 2:
        return (
          `{ const h = async ({ a = raise("${id} a"), b } = {}, [c] = raise("${id} c")) => { log("${id} in"); return b }; ` +
          `log("${id}", h.length, show(await safe(h({ a: ${this.pick(['1', 'undefined'])}, b: 2 }${this.pick(['', ', [3]'])})))) } `
        )
      case 3:
        return (
          `label: for await (const { v = "d", w: [x] = [await tick(1)] } of [{ v: 1 }, tick(1), { w: [${this.expression()}].map(safe) }]) { ` +
          `for await (const y of [1, tick(1), 2]) { if (y === ${this.pick(['1', '2', '"t1"'])}) ${this.pick(['continue label', 'break label', 'break'])}; ` +
          `log("${id}", v, show(y)) } log("${id} next", show(await x)) } `
        )
      case 4:
        return `if (a % 2 === ${this.below(2)}) try { return await ${this.expression()} } finally { log("${id} f1"); ${safe()}; log("${id} f2") } `
      case 5:
        return (
          `log("${id}", show(await safe((async () => { try { await tick(1); throw new Error("lost") } finally { await 0; ` +
          `${this.pick(['return "over"', 'throw new Error("other")', 'log("kept")'])} } })()))); `
        )
      case 6:
        return (
          `log("${id}", show(await safe(Promise.all([{ i: 1 }, { i: 2 }, {}].map(async ({ i = raise("no i") }, index) => { ` +
          `${safe()}; log("${id}", i, index); return i }))))); `
        )
      case 7:
        return `{ let s = 1; const o = { n: 1, get m() { log("${id} m"); return 1 } }; s += (${safe()}, 2); o.n += o.m + (await 3); log("${id}", s, o.n) } `
      case 8:
        return `log("${id}", show((${safe()}) ?? (await 1)), show((await null)?.x), (await 0) || (await tick(1)), \`\${await tick(1)}\`); `
      case 9:
        return (
          `{ const all = []; for (let i = 0; i < (await ${this.pick(['2', 'Promise.resolve(2)'])}); i++) { all.push(() => i); ${safe()} } ` +
          `log("${id}", show(all.map((one) => one()))) } `
        )
      case 10:
        return `switch (await ${this.pick(['1', '2', 'thenable(1)'])}) { case await 1: log("${id} one"); case 2: ${safe()}; log("${id} two"); break; default: log("${id} none") } `
      // Not with a promise that is rejected: V8 of Node 22 to 26 gives the error to the inner iterator as a value.
      case 11:
        return (
          `{ const g = (async function* () { try { const got = yield* [tick(1), ${this.expression()}].map(safe); log("${id} got", show(got)); ` +
          `yield tick(1); return ${this.pick(['undefined', 'tick(1)', '1'])} } finally { log("${id} closes"); ${this.pick(['', 'yield "late";'])} await 0 } })(); ` +
          `log("${id}", show(await g.next())); const all = [g.${this.pick(['return(tick(2))', 'throw(new Error("t"))'])}, g.next(), g.return(1)]; ` +
          `for (const one of all) log("${id}", show(await safe(one))) } `
        )
      case 12:
        return `{ const bound = als.run("${id}", () => async () => { await tick(1); return als.getStore() }); log("${id}", show(await als.run("${id} r", bound)), als.getStore()) } `
      case 13:
        return `{ class Local { #x = async () => { await 0; return this.y }; y = ${this.below(9)}; static async *items() { yield* [1, 2]; yield await tick(1) } get() { return this.#x() } } log("${id}", await new Local().get()); for await (const item of Local.items()) log("${id}", item) } `
      case 14:
        return `do { try { log("${id}", show(await ${this.expression()})); break } catch { log("${id} again"); await 0 } } while (${this.pick(['false', '(await 0) !== 0'])}); `
      default:
        return `log("${id}", show(await safe((${safe()}, [1, 2].reduce(async (sum, one) => (await sum) + one, tick(1)))))); `
    }
  }

  private ending(id: string): string {
    switch (this.below(7)) {
      case 0:
        return `throw new Error("${id}")`
      case 1:
        return `return ${this.expression()}`
      case 2:
        return `return await ${this.expression()}`
      case 3:
        return ''
      default:
        return `return "${id}"`
    }
  }

  private generator(name: string): string {
    const id = this.generators++
    const wait = this.below(2) === 0 ? `await ${this.expression()};` : ''
    const what = this.pick(['i', 'tick(1)', 'Promise.reject(new Error("y"))', 'thenable(i)'])
    const inner = id > 0 && this.below(2) === 0 ? `log("star", show(yield* g0(2)));` : ''
    const list = this.below(3) === 0 ? 'yield* [tick(2), 8];' : ''
    const ending = this.pick(['', 'return "g"', 'return tick(1)', 'throw new Error("end")'])
    return (
      `async function* ${name}(n) { try { for (let i = 0; i < n; i++) { ${wait} log("sent", show(yield ${what})) } ` +
      `${inner} ${list} } finally { log("${name} finally"); await 0; log("${name} finally2") } ${ending} }\n`
    )
  }

  private use(name: string): string {
    switch (this.below(3)) {
      case 0:
        return `try { for await (const x of ${name}(3)) { log("got", show(x)); ${this.below(2) === 0 ? 'if (x === 1) break' : ''} } } catch (e) { log("g", e.message) }`
      case 1:
        return (
          `const g = ${name}(2); const all = [g.next("a"), g.next("b"), g.${this.pick(['return(tick(1))', 'throw(new Error("t"))', 'next("c")'])}, g.next()]; ` +
          'for (const p of all) log("req", show(await safe(p)))'
        )
      default:
        return (
          `const g = ${name}(2); log("one", show(await safe(g.next()))); ` +
          `log("two", show(await safe(g.${this.pick(['return("r")', 'throw(new Error("t"))', 'next()'])}))); log("three", show(await safe(g.next())))`
        )
    }
  }
}
