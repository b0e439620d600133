import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ESLint } from 'eslint'
import { root } from './consumer.js'

// The text is linted in the place of this very file, so that it has the types of a test.
const eslint = new ESLint({ cwd: root })
const place = join(root, 'test', 'package', 'lint.test.ts')

/** What the project's configuration says of the body of a green function, as `line: rule`. */
async function lint(body: string): Promise<string[]> {
  const code = `import { sleep, spawn, type Greenlet, type Queue } from 'gvent'
export function* step(n: number) { yield* sleep(n); return n }
export function* worker(queue: Queue<number>, greenlet: Greenlet<number>) {
${body}
  spawn(step, 0)
}
`
  const [result] = await eslint.lintText(code, { filePath: place })
  assert.ok(result)
  return result.messages.map(({ line, ruleId }) => `${String(line - 3)}: ${String(ruleId)}`)
}

test('a forgotten yield* before an operation is reported', async () => {
  const body = `sleep(10)
queue.get()
greenlet.join()
queue.put(1)
yield* step(1)`
  assert.deepEqual(await lint(body), [
    '1: gvent/no-forgotten-waits',
    '2: gvent/no-forgotten-waits',
    '3: gvent/no-forgotten-waits',
    '4: gvent/no-forgotten-waits',
  ])
})

test('a forgotten yield* before a call of a generator function is reported', async () => {
  assert.deepEqual(await lint('step(1)\nyield* sleep(1)\nyield* greenlet.join()\nyield* queue.get()'), [
    '1: gvent/no-forgotten-waits',
  ])
})

test('an operation taken for its result in a condition is reported', async () => {
  assert.deepEqual(await lint('if (greenlet.join()) yield* queue.get()'), [
    '1: gvent/no-forgotten-waits',
    '1: @typescript-eslint/no-misused-promises',
  ])
})

test('waits that are waited for, and calls that act at once, are not reported', async () => {
  const body = `yield* sleep(10)
yield* step(1)
const item = yield* queue.get()
spawn(step, item)
const other = spawn(step, 1)
greenlet.kill()
greenlet.link(() => undefined)
yield* other
const later = queue.get()
yield* later`
  assert.deepEqual(await lint(body), [])
})

// The rule looks at names only, so it needs neither types nor files that exist.
const directions = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => ruleId === 'project/import-direction',
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
})

async function directionOf(file: string, source: string): Promise<string[]> {
  const [result] = await directions.lintText(`import ${JSON.stringify(source)}\n`, {
    filePath: join(root, 'src', file),
  })
  assert.ok(result)
  return result.messages.map(({ message }) => message)
}

for (const [file, source] of [
  ['scheduler/kernel/hub.ts', 'node:net'],
  ['scheduler/kernel/hub.ts', 'some-package'],
  ['scheduler/kernel/hub.ts', '../../io/net/socket.js'],
  ['scheduler/kernel/hub.ts', '../../index.js'],
  ['scheduler/kernel/hub.ts', 'gvent'],
  ['scheduler/kernel/hub.ts', '../../testing/world/world.js'],
  ['io/net/socket.ts', '../../examples/fetcher/main.js'],
  ['io/net/socket.ts', '../../testing/index.js'],
  ['testing/world/world.ts', '../../index.js'],
  ['testing/world/world.ts', '../../examples/fetcher/main.js'],
  ['io/monkey/all.ts', '../../index.js'],
  ['io/net/socket.ts', 'gvent'],
  ['examples/fetcher/main.ts', '../../scheduler/kernel/hub.js'],
  ['examples/fetcher/main.ts', '#scheduler/kernel/hub'],
  ['command/main.ts', '../examples/fetcher/main.js'],
  ['jobs/index.ts', '../testing/index.js'],
  ['io/net/socket.ts', '../../jobs/index.js'],
] as const) {
  test(`src/${file} may not import ${source}`, async () => {
    const [message, ...others] = await directionOf(file, source)
    assert.ok(message?.includes(`'${source}'`), message)
    assert.deepEqual(others, [])
  })
}

for (const [file, source] of [
  ['scheduler/kernel/hub.ts', './operation.js'],
  ['scheduler/queues/queue.ts', '../kernel/operation.js'],
  ['io/net/socket.ts', 'node:net'],
  ['io/net/socket.ts', '../../scheduler/kernel/hub.js'],
  ['io/monkey/all.ts', '../../scheduler/kernel/hub.js'],
  ['testing/world/world.ts', '../../scheduler/kernel/hub.js'],
  ['testing/network/link.ts', '../../io/net/socket.js'],
  ['testing/world/outside.ts', 'node:timers'],
  ['examples/fetcher/main.ts', 'gvent/monkey/all'],
  ['examples/fetcher/main.ts', './pages.js'],
  ['index.ts', './io/index.js'],
] as const) {
  test(`src/${file} may import ${source}`, async () => {
    assert.deepEqual(await directionOf(file, source), [])
  })
}

const late = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => ruleId === 'project/late-builtins',
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
})

async function loadedAtStart(file: string, code: string): Promise<(string | undefined)[]> {
  const [result] = await late.lintText(code, { filePath: join(root, 'src', file) })
  assert.ok(result)
  return result.messages.map(({ messageId }) => messageId)
}

for (const [code, ...expected] of [
  ["import 'node:http'", 'whole'],
  ["export { createServer } from 'node:http'", 'whole'],
  ["export * from 'node:util'", 'whole'],
  ["export const load = () => import('node:http')", 'awaited'],
  ["import { inspect } from 'node:util'\nexport const { custom } = inspect", 'used'],
  ["import { IncomingMessage } from 'node:http'\nexport class Own extends IncomingMessage {}", 'used'],
  ["import http from 'node:http'\nexport class Own { static readonly agent = new http.Agent() }", 'used'],
  ["import { findSlots } from 'node:net'\nexport const slots = (() => findSlots())()", 'used'],
  ["import { isMainThread } from 'node:worker_threads'\nif (isMainThread) console.log(isMainThread)", 'used', 'used'],
] as const) {
  test(`a file that gvent imports may not load a module of Node as it begins: ${code}`, async () => {
    assert.deepEqual(await loadedAtStart('io/node/node-host.ts', code), expected)
  })
}

for (const [file, code] of [
  [
    'io/node/node-host.ts',
    "import { inspect } from 'node:util'\nexport const show = (value: unknown) => inspect(value)",
  ],
  ['io/node/node-host.ts', "import { Agent } from 'node:http'\nexport class Own { agent = new Agent() }"],
  ['io/node/node-host.ts', "import type { Server } from 'node:http'\nexport type Servers = Server[]"],
  [
    'io/node/node-host.ts',
    "import { Server } from 'node:http'\nexport let last: Server | undefined\nexport type Class = typeof Server",
  ],
  ['io/node/node-host.ts', "import { EventEmitter } from 'node:events'\nexport class Own extends EventEmitter {}"],
  // These are loaded late themselves.
  ['io/http/connection.ts', "import { IncomingMessage } from 'node:http'\nexport class Own extends IncomingMessage {}"],
  ['io/subprocess/popen.ts', "import { constants } from 'node:os'\nexport const { signals } = constants"],
  ['command/main.ts', "import { parseArgs } from 'node:util'\nexport const { values } = parseArgs()"],
] as const) {
  test(`src/${file} may begin with ${code}`, async () => {
    assert.deepEqual(await loadedAtStart(file, code), [])
  })
}

test('an error or an option of what is loaded late is needed at once, and loads nothing of Node', async () => {
  const code = "import { STATUS_CODES } from 'node:http'\nexport const codes = Object.keys(STATUS_CODES)"
  assert.deepEqual(await loadedAtStart('io/http/options.ts', code), ['used'])
})
