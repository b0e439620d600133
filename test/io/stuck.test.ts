import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from './program.js'

test('a program whose greenlets nothing can wake says so, and ends with status 1', async () => {
  const { ended } = startProgram(`
    import { Queue, spawn } from 'gvent'
    const jobs = new Queue(1, { name: 'jobs' })
    spawn(function* worker() { yield* jobs.get() })`)
  const { code, stderr } = await ended
  assert.equal(code, 1)
  assert.match(stderr, /^Deadlock: a greenlet waits, but no timer/)
  assert.match(stderr, /"worker".*Queue "jobs"\.get/s)
})

test('LoopExit is raised in what the script waits for, after its cleanup', async () => {
  const { ended } = startProgram(`
    import { LoopExit, Queue, run } from 'gvent'
    try {
      await run(function* main() {
        try {
          yield* new Queue().get()
        } finally {
          console.log('cleaned up')
        }
      })
    } catch (error) {
      console.log(error instanceof LoopExit)
    }`)
  const { code, stdout } = await ended
  assert.equal(stdout, 'cleaned up\ntrue\n')
  assert.equal(code, 1)
})

test('a script that waits for an operation that nothing can end gets LoopExit too', async () => {
  const { ended } = startProgram(`
    import { Queue } from 'gvent'
    await new Queue().get()`)
  const { code, stderr } = await ended
  assert.equal(code, 1)
  assert.match(stderr, /LoopExit/)
})

test('a shield does not keep a script waiting for what can never happen: that is reported, and ends it', async () => {
  const { ended } = startProgram(`
    import { Event, shield, spawn } from 'gvent'
    await spawn(function* () { yield* shield(new Event().wait()) })`)
  const { code, stderr } = await ended
  assert.equal(code, 1)
  assert.match(stderr, /LoopExit/)
  assert.ok(stderr.length < 10_000, `${stderr.length} characters`)
})

test('a program that can go on is not reported: timers, I/O and what they wake', async () => {
  const { ended } = startProgram(`
    import { Queue, run, sleep, spawn, until } from 'gvent'
    import { readFile } from 'node:fs/promises'
    const queue = new Queue()
    const getter = spawn(function* () { return yield* queue.get() })
    spawn(function* () {
      yield* sleep(5)
      yield* until(readFile('package.json'))
      yield* queue.put('item')
    })
    console.log(await getter)`)
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: 'item\n', stderr: '' })
})
