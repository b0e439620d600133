import assert from 'node:assert/strict'
import { test } from 'node:test'
import gvent from 'gvent/eslint'
import { follow, lint } from './lint.js'

const migration = [gvent.configs.recommended, gvent.configs.migration]
const setting = `import { Event, Pool, Queue, Timeout, connect, joinAll, sleep, spawn, spawnLater, withTimeout } from 'gvent'
import * as everything from 'gvent'
const queue = new Queue(), pool = new Pool(2), ready = new Event()
function* work() { yield* sleep(1000) }
`
const inGreenlet = (line: string): string => `${setting}export function* body(other) {\n${line}\n}\n`

const seconds: readonly [line: string, corrected: string][] = [
  ['yield* sleep(1)', 'yield* sleep(1000)'],
  ['yield* sleep(0.5)', 'yield* sleep(500)'],
  ['yield* everything.sleep(2)', 'yield* everything.sleep(2000)'],
  ['spawnLater(30, work)', 'spawnLater(30_000, work)'],
  ['yield* withTimeout(2.5, work())', 'yield* withTimeout(2500, work())'],
  ['const timeout = Timeout.start(1)', 'const timeout = Timeout.start(1000)'],
  ['const timeout = new Timeout(10, false)', 'const timeout = new Timeout(10_000, false)'],
  ['yield* queue.get({ timeout: 1 })', 'yield* queue.get({ timeout: 1000 })'],
  ['yield* ready.wait({ timeout: 0.25 })', 'yield* ready.wait({ timeout: 250 })'],
  ['yield* joinAll([], { timeout: 5 })', 'yield* joinAll([], { timeout: 5000 })'],
  ['yield* connect({ port: 80, timeout: 5 })', 'yield* connect({ port: 80, timeout: 5000 })'],
  ['spawn(work).kill({ timeout: 3 })', 'spawn(work).kill({ timeout: 3000 })'],
]
for (const [line, corrected] of seconds) {
  test(`reported as seconds, with the milliseconds: ${line}`, () => {
    const [message, ...more] = lint(inGreenlet(line), 'program.js', migration)
    assert.match(
      message ?? '',
      /^no-seconds: `\w+\(…\)` takes milliseconds, and this is [\d.]+ ms\. Write [\d_]+ if it was/,
    )
    assert.deepEqual(more, [])
    assert.ok(follow(inGreenlet(line), migration).includes(corrected))
  })
}

const fine = [
  'yield* sleep(0)',
  'yield* sleep(500)',
  'yield* sleep(2 * 1000)',
  'yield* sleep(other.pause)',
  'other.sleep(1)',
  'other.get({ timeout: 1 })',
  'setTimeout(other, 1)',
  'yield* queue.put(1)',
  'yield* pool.map(work, [1, 2])',
]
for (const line of fine) {
  test(`not taken for seconds: ${line}`, () => {
    assert.deepEqual(lint(inGreenlet(line), 'program.js', migration), [])
  })
}

test('bare put and spawn of a program of gevent are reported as forgotten waits', () => {
  const messages = lint(inGreenlet('queue.put(1)\npool.spawn(work)\nready.wait()'), 'program.js', migration)
  assert.equal(messages.length, 3)
  for (const message of messages) assert.match(message, /^no-forgotten-waits: /)
})

test('durations are left alone without the configuration for migrations', () => {
  assert.deepEqual(lint(inGreenlet('yield* sleep(1)')), [])
})
