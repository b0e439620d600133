import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ESLint } from 'eslint'
import gvent from 'gvent/eslint'
import typescript from 'typescript-eslint'
import { root } from '../package/consumer.js'

// The text is linted in the place of this very file, so that it has the types of a test.
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  overrideConfig: [
    gvent.configs.recommended,
    {
      files: ['**/*.ts'],
      plugins: { '@typescript-eslint': typescript.plugin },
      languageOptions: {
        parser: typescript.parser,
        parserOptions: { projectService: true, tsconfigRootDir: root },
      },
    },
    gvent.configs.typescript,
  ],
})
const place = join(root, 'test', 'eslint', 'typescript.test.ts')
const setting = `import { EventEmitter } from 'node:events'
import { sleep, spawn, type Coroutine, type Greenlet, type Operation, type Pool, type Queue, type Socket } from 'gvent'
interface Store { save(): Coroutine<void>; load(): Operation<string>; close(): Operation<boolean>; size(): number }
declare function withCallback(callback: (error?: Error) => void): void
declare function withResult(callback: () => unknown): void
`

/** The rules that report the body of a generator function. */
async function lint(body: string): Promise<string[]> {
  const code = `${setting}export function* body(store: Store, queue: Queue<number>, greenlet: Greenlet<number>, pool: Pool, socket: Socket, list: number[], emitter: EventEmitter) {
  yield* sleep(1)
  ${body}
}`
  const [result] = await eslint.lintText(code, { filePath: place })
  assert.ok(result)
  return result.messages.map(({ ruleId, message }) => ruleId ?? message)
}

const table: readonly [body: string, rules: string[]][] = [
  ['sleep(10)', ['gvent/no-forgotten-waits']],
  ['store.save()', ['gvent/no-forgotten-waits']],
  ['store.load()', ['gvent/no-forgotten-waits']],
  ['greenlet.get()', ['gvent/no-forgotten-waits']],
  ['pool.spawn(() => 1)', ['gvent/no-forgotten-waits']],
  ['socket.sendAll("hello")', ['gvent/no-forgotten-waits']],
  ['list.length > 0 && queue.put(1)', ['gvent/no-forgotten-waits']],
  ['while (!queue.get()) yield* sleep(1)', ['gvent/no-forgotten-waits']],
  ['Promise.resolve(1)', ['@typescript-eslint/no-floating-promises']],
  ['list.forEach(function* (ms) { yield* sleep(ms) })', ['gvent/no-generator-callbacks']],
  ['list.forEach((ms) => queue.put(ms))', ['gvent/no-generator-callbacks']],
  ['setTimeout(() => store.load(), 1)', ['gvent/no-generator-callbacks']],
  ['emitter.on("data", function* () { yield* sleep(1) })', ['gvent/no-generator-callbacks']],
  ['withCallback(function* () { yield* sleep(1) })', ['gvent/no-generator-callbacks']],
  ['withCallback(() => store.save())', ['gvent/no-generator-callbacks']],
  ['withCallback(store.save)', ['gvent/no-generator-callbacks']],
  ['spawn(async function* () { yield await Promise.resolve(1) })', ['gvent/no-async-generators']],
  ['try { yield* store.save() } catch { list.pop() }', ['gvent/no-swallowed-kills']],

  ['yield* store.save()\nconst text = yield* store.load()\nlist.push(text.length)', []],
  ['const later = store.load()\nyield* later', []],
  ['store.close()\nstore.size()\ngreenlet.kill()\npool.applyAsync(() => 1)\nspawn(() => 1)\ngreenlet', []],
  ['withResult(function* () { yield* sleep(1) })\nwithResult(() => queue.put(1))', []],
  ['withCallback(() => spawn(() => 1))\nlist.forEach((n) => list.push(n))', []],
  ['const puts = list.map((n) => queue.put(n))\nlist.push(puts.length)', []],
  ['greenlet.link(function* () { yield* sleep(1) })', []],
]
for (const [body, rules] of table) {
  test(`${rules.length === 0 ? 'not reported' : rules.join()}: ${body}`, async () => {
    assert.deepEqual(await lint(body), rules)
  })
}
