import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from '../../io/program.js'

/** What a program has to say of operations that nobody waited for. */
async function reportsOf(source: string): Promise<string[]> {
  const { stderr, code } = await startProgram(source, { GVENT_FORGOTTEN: '1' }).ended
  assert.equal(code, 0, stderr)
  return stderr.match(/^.* was never waited for/gm) ?? []
}

test('an operation that a greenlet made and never waited for is named, with its place', async () => {
  const { stderr } = await startProgram(
    `import { Queue, run } from 'gvent'
await run(function* main() {
  function* helper(queue) { queue.put('a letter') }
  yield* helper(new Queue(10, { name: 'mail' }))
})`,
    { GVENT_FORGOTTEN: '1' },
  ).ended
  const [text, first, , ...rest] = stderr.trimEnd().split('\n')
  assert.equal(
    text,
    'Queue "mail".put, made in <Greenlet #1 "main">, was never waited for, so it did nothing. Write `yield*` before it',
  )
  assert.match(first!, /at helper \(.*:3:35\)/)
  assert.equal(rest.at(-1), '  help: npx gvent explain GVENT_FORGOTTEN')
})

test('nothing is said without GVENT_FORGOTTEN', async () => {
  const { stderr } = await startProgram(`import { run, sleep } from 'gvent'
    await run(function* () { sleep(10) })`).ended
  assert.equal(stderr, '')
})

test('a call of a green function, a join and a sleep are found, too', async () => {
  const reports = await reportsOf(`import { green, run, sleep, spawn } from 'gvent'
    const work = green(function* work() { yield* sleep(1) })
    await run(function* main() { work(); spawn(function* child() {}).join(); sleep(5); yield* sleep(2) })`)
  // The garbage collector finds them in no certain order.
  assert.deepEqual(reports.map((text) => text.slice(0, text.indexOf(', made'))).sort(), [
    '<Greenlet #2 "child">.join',
    'sleep(5)',
    'work',
  ])
})

test('what is waited for in any way, now, later or as one of several, is not reported', async () => {
  const reports =
    await reportsOf(`import { Queue, all, call, green, race, run, select, shield, sleep, spawn, withTimeout } from 'gvent'
    const work = green(function* work() { yield* sleep(1) })
    await run(function* main() {
      const queue = new Queue(1)
      yield* queue.put(1)
      const later = queue.get()
      yield* race([sleep(0), queue.put(2), work()])
      yield later
      yield* all([work(), sleep(1), call(work)])
      yield* withTimeout(100, sleep(1))
      yield* select({ first: sleep(0), second: sleep(1000) })
      yield* shield(work())
      yield* spawn(() => queue.put(3))
      const promise = sleep(1).then()
      yield* spawn(function* (operation) { yield* operation }, queue.get())
      yield promise
    })`)
  assert.deepEqual(reports, [])
})

test('calls that act at once need no wait', async () => {
  const reports = await reportsOf(`import { Pool, connect, killAll, listen, run, sleep, spawn } from 'gvent'
    await run(function* main() {
      const child = spawn(function* () { yield* sleep(60_000) })
      yield* sleep(0)
      child.kill()
      killAll([child])
      const pool = new Pool(2)
      pool.applyAsync(function* () {})
      pool.kill()
      const listener = yield* listen({ host: '127.0.0.1', port: 0 })
      const socket = yield* connect(listener.address())
      socket.shutdown()
      socket.close()
      listener.close()
      yield* sleep(1)
    })`)
  assert.deepEqual(reports, [])
})

test('an operation that is collected is reported while the program goes on', async () => {
  const { stdout } = await startProgram([
    '--expose-gc',
    '--input-type=module',
    '--eval',
    `import { getHub, reportForgotten, run, sleep } from 'gvent'
    const reports = []
    const hub = getHub()
    hub.install({ ...hub.platform, report: (text) => { reports.push(text) } })
    reportForgotten()
    await run(function* main() {
      (() => { sleep(10) })()
      for (let round = 0; round < 100 && reports.length === 0; round++) {
        yield* sleep(1)
        globalThis.gc()
      }
      console.log(reports.length)
    })`,
  ]).ended
  assert.equal(stdout, '1\n')
})
