import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import * as gvent from 'gvent'
import { simulate } from 'gvent/testing'
import { urlOf } from '../http/raw-client.js'

const folder = mkdtempSync(join(tmpdir(), 'places-'))
after(() => {
  rmSync(folder, { recursive: true })
})

/** What a program can use. */
const kit = { ...gvent, simulate, raisedBy, answeredBy }

// Each marks the lines that the stack of its error has to begin with.
const programs: Record<string, string> = {
  'yield of a number': `
    () => raisedBy(function* main() {
      yield 5 // 1
    })`,
  'yield of a list': `
    () => raisedBy(function* main() {
      yield [sleep(1)] // 1
    })`,
  'yield of a function': `
    () => raisedBy(function* main() {
      yield sleep // 1
    })`,
  'yield of a coroutine that was used': `
    () => raisedBy(function* main() {
      const used = (function* work() {})()
      yield used
      yield used // 1
    })`,
  'a yield after waits': `
    () => raisedBy(function* main() {
      yield* sleep(0)
      yield
      yield 5 // 1
    })`,
  'a yield in a coroutine that is delegated to': `
    () => raisedBy(function* main() {
      yield* middle() // 3
    })
    function* middle() {
      yield* sleep(0)
      yield* inner() // 2
    }
    function* inner() {
      yield* sleep(0)
      yield 5 // 1
    }`,
  'a yield in a coroutine that is called by another': `
    () => raisedBy(function* main() {
      yield* call(inner) // 2
    })
    function* inner() {
      yield 5 // 1
    }`,
  'a yield in a method': `
    () => raisedBy(function* main() {
      yield* store.load() // 2
    })
    const store = { *load() {
      yield 5 // 1
    } }`,
  'a yield whose error is caught on the way': `
    () => raisedBy(function* main() {
      try {
        yield* inner() // 2
      } finally {
        yield* sleep(0)
      }
    })
    function* inner() {
      yield 5 // 1
    }`,
  'an item of a list': `
    () => raisedBy(function* main() {
      yield* [5] // 1
    })`,
  'spawn(async function*)': `
    () => raisedBy(async function* main() { // 1
      yield 5
    })`,
  'run(async function*)': `
    () => run(async function* main() { // 1
      yield 5
    })`,
  'in a simulation': `
    () => simulate(function* main() {
      yield 5 // 1
    })`,
  'a handler that gives a string': `
    () => answeredBy({}, function handle() { // 1
      return 'text'
    })`,
  'a coroutine of a handler that gives nothing': `
    () => answeredBy({}, function* handle() { // 1
      yield* sleep(0)
    })`,
  'an arrow as a handler': `
    () => answeredBy({}, () => ({ // 1
      status: 200 }))`,
  'a handler for Node that gives a Response': `
    () => answeredBy({ api: 'node' }, function* handle() { // 1
      return new Response('text')
    })`,
  'a handler for Node that ends without an answer': `
    () => answeredBy({}, function* handle(request, response) { // 1
      yield* sleep(0)
    })`,
}

/** The error of a greenlet, which nobody has to handle. */
function raisedBy(work: () => unknown): PromiseLike<unknown> {
  return gvent.spawn(work)
}

/** Has a server answer a request by a handler. @returns never: it raises the error that is reported. */
async function answeredBy(options: object, handler: gvent.WebHandler): Promise<void> {
  const hub = gvent.getHub()
  const { onError } = hub
  const server = new gvent.HTTPServer({ host: '127.0.0.1', port: 0, ...options }, handler)
  try {
    const reported = new Promise((_, reject) => {
      hub.onError = reject
    })
    reported.catch(() => undefined)
    await server.start()
    const { status } = await fetch(urlOf(server))
    assert.equal(status, 500)
    await reported
  } finally {
    hub.onError = onError
    await server.stop()
  }
}

interface Program {
  start(names: typeof kit): void
  readonly program: () => PromiseLike<unknown>
}

let files = 0

/** The function of a program that is in a file of its own. */
async function load(program: string): Promise<{ run: () => PromiseLike<unknown>; lines: string[] }> {
  const file = join(folder, `program-${++files}.mjs`)
  const text = `export let program\nexport const start = ({ ${Object.keys(kit).join(', ')} }) => {\nprogram = ${program.trim()}\n}\n`
  writeFileSync(file, text)
  const module = (await import(pathToFileURL(file).href)) as Program
  module.start(kit)
  const marked = text
    .split('\n')
    .map((line, index) => ({ line: index + 1, order: Number(/\/\/ (\d)$/.exec(line)?.[1]) }))
  const lines = marked
    .filter(({ order }) => order > 0)
    .sort((one, other) => one.order - other.order)
    .map(({ line }) => `program-${files}.mjs:${line}:`)
  return { run: module.program, lines }
}

for (const [name, program] of Object.entries(programs)) {
  test(`the stack of an error about ${name} begins with the line of the program`, async () => {
    const { run, lines } = await load(program)
    const error = await Promise.resolve(run()).then(
      () => assert.fail('no error'),
      (raised: unknown) => raised as Error,
    )
    const frames = error.stack!.split('\n').filter((line) => /^ {4}at /.test(line))
    assert.ok(lines.length > 0)
    for (const [index, line] of lines.entries()) assert.ok(frames[index]?.includes(line), `${line} in ${error.stack}`)
  })
}

test('an error about a yield is raised at the yield, and can be caught there', async () => {
  const caught = await gvent.spawn(function* main(): Generator<unknown, string> {
    try {
      yield* (function* inner(): Generator<unknown, void> {
        yield 5
      })()
    } catch (error) {
      return (error as Error).stack!
    }
    return ''
  })
  assert.match(
    caught,
    /^TypeError: yield 5 in main: .*\n {4}at inner \(.*misuse-places.*\n {4}at main \(.*misuse-places/,
  )
})

test('what generators inherit is as it was after an error about a yield', async () => {
  const generators = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())) as object
  const raise: unknown = Reflect.get(generators, 'throw')
  await assert.rejects(
    Promise.resolve(
      gvent.spawn(function* () {
        yield 5
      }),
    ),
  )
  assert.equal(Reflect.get(generators, 'throw'), raise)
})
