import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Queue, dump, killAll, spawn } from 'gvent'
import { greenletOf } from 'gvent/async/runtime'
import { importLowered } from './import-lowered.js'

const programs = await importLowered<typeof import('./programs.js')>(new URL('programs.js', import.meta.url))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  programs.log.length = 0
})

async function end(...promises: Promise<unknown>[]): Promise<void> {
  await killAll(promises.map((promise) => greenletOf(promise)!))
}

test('a dump names each call, what it awaits, who awaits it, and the line', async () => {
  const promise = programs.direct()
  await turn()
  const lines = dump().split('\n')
  await end(promise)
  assert.match(lines[0]!, /^<async direct awaits async middle, not awaited by compiled code>$/)
  assert.match(lines[1]!, /^ {4}at async direct \(.*programs\.\w+:\d+:\d+\)$/)
  assert.match(lines[2]!, /^ {2}<async middle awaits async leaf, awaited by async direct>$/)
  assert.match(lines[4]!, /^ {4}<async leaf awaits a promise, awaited by async middle>$/)
})

test('a dump tells combinators and operations, and shows the calls of a greenlet below it', async () => {
  const several = programs.mapped()
  const queue = new Queue<string>()
  const waiting = programs.awaits(queue.get())
  const greenlet = spawn(programs.direct)
  while (!programs.log.includes('leaf 1') || greenlet.state !== 'waiting') await turn()
  const text = dump()
  await end(several, waiting)
  await greenlet.kill()
  assert.match(text, /<async mapped awaits Promise\.all of .*, .*, .*, not awaited by compiled code>/)
  assert.match(text, /<async awaits awaits Queue.*\.get, /)
  assert.match(text, /<Greenlet #\d+ "direct" waiting for async direct for .*>/)
  assert.match(text, /\n {2}<async direct awaits async middle, awaited by a greenlet>\n/)
})

test('what ended is not listed, and a dump changes nothing', async () => {
  assert.equal(await programs.quick(1), 1)
  const promise = programs.quick(2)
  assert.match(dump(), /async quick/)
  assert.equal(await promise, 2)
  assert.doesNotMatch(dump(), /async/)
})

for (const [name, expected] of [
  [
    'stuck',
    /Deadlock: a greenlet waits, but no timer.*\n<Greenlet #1 "never" waiting for async never[^]*\n {2}<async never awaits a promise, awaited by a greenlet>\n {6}at async never \(/,
  ],
  ['lost', /async never, which began\n {4}at async never \(.*\)\n is lost: nothing references what it awaits any more/],
  [
    'end',
    /The program ends while async functions are waiting, and nothing can wake them\.\n<async never awaits a promise, not awaited by compiled code>\n/,
  ],
  ['quiet', /^$/],
] as const) {
  test(`what a program reports of calls that never go on: ${name}`, async () => {
    const program = fileURLToPath(new URL('never.js', import.meta.url))
    const { stderr, code } = await new Promise<{ stderr: string; code: unknown }>((resolve) => {
      execFile(process.execPath, ['--expose-gc', program, name], (error, _stdout, text) => {
        resolve({ stderr: text, code: error?.code ?? 0 })
      })
    })
    assert.match(stderr, expected)
    assert.equal(code, name === 'stuck' ? 1 : 0)
  })
}

test('the stack of an error leads through all async callers, without the library', async () => {
  const error = await programs.callsThree().then(
    () => assert.fail(),
    (raised: unknown) => raised as Error,
  )
  const lines = error.stack!.split('\n')
  assert.equal(lines[0], 'Error: deep')
  assert.match(lines.slice(1).join('\n'), /at async two \(.*at async several \(.*at async callsThree \(/s)
  assert.doesNotMatch(error.stack!, /dist\/async/)
  // It says so once, whoever raises it again.
  const { stack } = error
  await assert.rejects(programs.calls(() => Promise.reject(error)))
  assert.equal(error.stack, stack)
})

test('the watchdog of blocked loops names the async function, and says where it hangs', async () => {
  const program = fileURLToPath(new URL('blocked.js', import.meta.url))
  const stderr = await new Promise<string>((resolve) => {
    execFile(process.execPath, [program, '3000'], (_error, _stdout, text) => {
      resolve(text)
    })
  })
  assert.match(
    stderr,
    /(?:async crunches|an async function) (?:has been running|ran) for more than 50 ms without waiting, here:\n {4}at .*programs.*\nasync/,
  )
  assert.match(stderr, /async crunches ran for \d+ ms without waiting: no other greenlet could run/)
})
