import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { follow, lint } from './lint.js'

const setting = `import { AsyncResult, GreenletExit, Lock, Pool, Queue, Timeout, all, connect, green, listen, race, run, scope, sleep, spawn, withTimeout } from 'gvent'
import * as everything from 'gvent'
const queue = new Queue(), lock = new Lock(), pool = new Pool(2), child = spawn(save), list = [1, 2]
function* save(x) { yield* sleep(1); return x }
const load = function* () { yield* sleep(1) }
const greet = green(function* () { yield* sleep(1) })
const store = { *save() { yield* sleep(1) }, plain() {} }
`
const inGreenlet = (line: string): string => `${setting}export function* body(emitter, promise) {\n${line}\n}\n`

const forgotten: readonly [line: string, call: string][] = [
  ['sleep(10)', 'sleep'],
  ['everything.sleep(10)', 'sleep'],
  ['queue.put(1)', 'put'],
  ['queue?.put(1)', 'put'],
  ['lock.acquire()', 'acquire'],
  ['child.join()', 'join'],
  ['spawn(save).get()', 'get'],
  ['new AsyncResult().get()', 'get'],
  ['pool.spawn(save)', 'spawn'],
  ['const socket = yield* connect(80)\nsocket.sendAll("hello")', 'sendAll'],
  ['const listener = yield* listen(80)\nconst socket = yield* listener.accept()\nsocket.recv()', 'recv'],
  ['save()', 'save'],
  ['load()', 'load'],
  ['greet()', 'greet'],
  ['store.save()', 'save'],
  ['class Memory { *write() { yield* sleep(1) } *writeAll() { this.write() } }', 'write'],
  ['class Memory { queue = new Queue(); *write() { this.queue.put(1) } }', 'put'],
  ['class Memory { constructor() { this.queue = new Queue() } *write() { this.queue.put(1) } }', 'put'],
  ['if (list.length) sleep(1)', 'sleep'],
  ['list.length && sleep(1)', 'sleep'],
  ['list.length ? sleep(1) : undefined', 'sleep'],
  ['list.push(1), sleep(1)', 'sleep'],
]
for (const [line, call] of forgotten) {
  test(`reported as forgotten: ${line}`, () => {
    const [message, ...more] = lint(inGreenlet(line))
    assert.match(message ?? '', new RegExp(`^no-forgotten-waits: \`${call}\\(…\\)\` .* Write \`yield\\*\` before it`))
    assert.deepEqual(more, [])
  })
}

const handled = [
  'yield* sleep(10)',
  'const later = queue.put(1)\nyield* later',
  'list.push(queue.put(1))',
  'void queue.put(1)',
  'yield* race([sleep(1), save()])',
  'spawn(save)',
  'spawn(save).kill()',
  'pool.kill(); pool.applyAsync(save)',
  'store.plain()',
  'list.put(1)',
  'queue.putNowait(1)',
  'const sleep = () => 1\nsleep()',
  'child.link(() => undefined)',
  'return queue.put(1)',
  'const done = list.map((item) => queue.put(item))\nyield* all(done)',
  'yield* all(list.map(function* (item) { yield* sleep(item) }))',
  'yield* pool.map(save, list)',
  'if (yield* queue.get()) yield* sleep(1)',
  'list.forEach((item) => queue.putNowait(item))',
  'list.forEach(function (item) { return item })',
  'setTimeout(() => spawn(save), 10)',
  'emitter.on("data", () => spawn(save))',
  'promise.then(() => queue.put(1))',
  'Array.from(list, function* (x) { yield x })',
  'emitter.emit("made", function* () {})',
]
for (const line of handled) {
  test(`not reported: ${line}`, () => {
    assert.deepEqual(lint(inGreenlet(line)), [])
  })
}

test('an operation is always true: one in a condition is reported', () => {
  for (const line of [
    'if (queue.get()) return',
    'while (!lock.acquire()) ;',
    'const x = list && child.join() ? 1 : 2',
  ]) {
    const messages = lint(inGreenlet(line))
    assert.equal(messages.length, 1, line)
    assert.match(messages[0]!, /^no-forgotten-waits: `\w+\(…\)` returns something to wait for, which is always truthy/)
  }
})

test('the advice fits the place: await in async code, run for a coroutine, a function* where nothing can wait', () => {
  assert.match(lint(`${setting}sleep(1)`)[0]!, /Write `await` before it/)
  assert.match(lint(`${setting}export async function f() { queue.put(1) }`)[0]!, /Write `await` before it/)
  assert.match(lint(`${setting}save()`)[0]!, /Write `await run\(…\)`, or `spawn` it/)
  assert.match(lint(`${setting}await save()`)[0]!, /is a coroutine, and `await` returns it unchanged/)
  assert.match(lint(`${setting}export const f = () => { sleep(1) }`)[0]!, /Only a generator function can wait/)
})

test('a coroutine of a module beside the linted one is known, by whatever way it is exported', async () => {
  const folder = await mkdtemp(join(import.meta.dirname, 'modules-'))
  try {
    await writeFile(
      join(folder, 'store.js'),
      'export function* save() {}\nexport const green = 1\nexport default function* () {}',
    )
    await writeFile(
      join(folder, 'index.js'),
      "function* load() {}\nexport { load as read }\nexport * from './store.js'",
    )
    const code = `import store, { green } from './store.js'\nimport { read, save } from './index.js'
export function* body() { store(); read(); save(); green(); yield* save() }`
    assert.deepEqual(
      lint(code, join(folder, 'main.js')).map((message) => /`(\w+)\(/.exec(message)?.[1]),
      ['store', 'read', 'save'],
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

const callbacks = [
  'list.forEach(function* (x) { yield* sleep(x) })',
  'list.forEach(save)',
  'list.forEach((item) => queue.put(item))',
  'list.filter(save)',
  'list.some((item) => save(item))',
  'setTimeout(function* () { yield* sleep(1) }, 10)',
  'setTimeout(save, 10)',
  'setTimeout(() => queue.put(1), 10)',
  'setInterval(store.save, 10)',
  'process.nextTick(save)',
  'emitter.on("data", function* (data) { yield* queue.put(data) })',
  'promise.then(function* () { yield* sleep(1) })',
  'promise.catch(save)',
  'new Promise(function* (resolve) { yield* sleep(1); resolve() })',
  'test("it works", function* () { yield* sleep(1) })',
]
for (const line of callbacks) {
  test(`reported as a callback that never runs: ${line}`, () => {
    const [message, ...more] = lint(inGreenlet(line))
    assert.match(message ?? '', /^no-generator-callbacks: `\w+` .* Write|^no-generator-callbacks: .* Wait/)
    assert.deepEqual(more, [])
  })
}

const asynchronous = [
  'spawn(async function* () { yield 1 })',
  'yield* pool.spawn(async function* () { yield 1 })',
  'async function* work() { yield 1 }\nspawn(work)',
  'yield* scope(async function* (s) { await s })',
  'pool.applyAsync(async function* () { yield 1 })',
]
for (const line of asynchronous) {
  test(`reported as no greenlet: ${line}`, () => {
    const [message, ...more] = lint(inGreenlet(line))
    assert.match(message ?? '', /^no-async-generators: `\w+` cannot run an `async function\*`/)
    assert.deepEqual(more, [])
  })
}

test('an async generator elsewhere is none of our business', () => {
  assert.deepEqual(lint(inGreenlet('consume(async function* () { yield 1 }); run(async () => 1)')), [])
})

const swallowing = [
  'try { yield* save() } catch {}',
  'try { yield* save() } catch (error) { console.log(error) }',
  'try { yield* save() } catch (error) { console.error("failed:", error.message) }',
  'try { yield* save() } catch (error) { logger.warn({ error }) }',
  'try { return yield* save() } catch { return undefined }',
  'try { yield* queue.get({ timeout: 5 }) } catch (error) { if (error.code === "X") return }',
  'for (;;) { try { const x = yield* queue.get(); list.push(x) } catch (error) { list.length = 0 } }',
]
for (const line of swallowing) {
  test(`reported as a catch that swallows kills: ${line}`, () => {
    const [message, ...more] = lint(inGreenlet(line))
    assert.match(message ?? '', /^no-swallowed-kills: This `catch` swallows kills/)
    assert.deepEqual(more, [])
  })
}

const passing = [
  'try { yield* save() } finally { list.pop() }',
  'try { yield* save() } catch (error) { list.pop(); throw error }',
  'try { yield* save() } catch (error) { if (error instanceof GreenletExit) throw error; console.log(error) }',
  'try { yield* save() } catch (error) { if (error instanceof Timeout) return; throw error }',
  'try { yield* save() } catch (error) { if (!(error instanceof TypeError)) throw error }',
  'try { yield* save() } catch (error) { if (!(error instanceof GreenletExit)) console.log(error) }',
  'try { yield* save() } catch (error) { promise.reject(error) }',
  'try { yield* save() } catch (error) { list.push(error) }',
  'let failure; try { yield* save() } catch (error) { failure = error }',
  'try { yield* save() } catch (error) { return error }',
  'try { yield* save() } catch (error) { return { error } }',
  'try { JSON.parse("1") } catch {}',
  'try { spawn(function* () { yield* sleep(1) }) } catch {}',
]
for (const line of passing) {
  test(`lets kills pass: ${line}`, () => {
    assert.deepEqual(lint(inGreenlet(line)), [])
  })
}

test('a generator that has nothing to do with gvent may catch what it likes', () => {
  assert.deepEqual(lint('export function* items(source) { try { yield* source } catch {} }'), [])
})

test('suggestions make of a program what was meant', () => {
  const head = "import { Queue, sleep, spawn } from 'gvent'\nconst queue = new Queue()\n"
  const before = `${head}spawn(async function* () { sleep(1) })
sleep(1)
export function* body() {
  queue.put(1)
  if (queue.get()) return
  try { yield* sleep(1) } catch {}
}`
  const after = `${head.replace('spawn }', 'spawn, GreenletExit }')}spawn(function* () { yield* sleep(1) })
await sleep(1)
export function* body() {
  yield* queue.put(1)
  if ((yield* queue.get())) return
  try { yield* sleep(1) } catch (error) { if (error instanceof GreenletExit) throw error;}
}`
  assert.equal(follow(before), after)
})
