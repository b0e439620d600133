import { seeded } from '../scheduler/seeded.js'

/**
 * Makes an async program of a seed: calls that await each other, values, thenables, subclasses of promises, chains and
 * combinators, `for await`, async generators, stores of `AsyncLocalStorage`, rejections that nobody handles. It logs
 * whatever can be observed of the order in which things happen.
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
    switch (this.below(20)) {
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
