import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from './program.js'

/** What gets stuck, and what its report has to say beside the name of each greenlet. */
const programs: Record<string, { source: string; says: (string | RegExp)[] }> = {
  'a greenlet that joins itself': {
    source: `const g = spawn(function* narcissus() { yield* getCurrent().join() })
      await g`,
    says: ['"narcissus" waiting for <Greenlet #1 "narcissus">.join'],
  },
  'a cycle of locks': {
    source: `const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })]
      function* take(first, second) {
        using_: { const p = yield* first.acquire(); yield; yield* second.acquire() }
      }
      const left = spawn(take, a, b), right = spawn(take, b, a)
      left.name = 'left'; right.name = 'right'
      await joinAll([left, right])`,
    says: [/"left" waiting for Lock "b".*"right"/, /"right" waiting for Lock "a".*"left"/, /in a cycle/],
  },
  'an empty queue': {
    source: `const jobs = new Queue(10, { name: 'jobs' })
      await run(function* worker() { yield* jobs.get() })`,
    says: ['"worker" waiting for Queue "jobs".get'],
  },
  'a barrier that is one short': {
    source: `const barrier = new Barrier(3, { name: 'start' })
      function* runner() { yield* barrier.wait() }
      await joinAll([spawn(runner), spawn(runner)])`,
    says: [/"runner" waiting for Barrier "start"/],
  },
  'a full queue': {
    source: `const out = new Queue(1, { name: 'out' })
      await run(function* producer() { for (;;) yield* out.put(1) })`,
    says: ['"producer" waiting for Queue "out".put'],
  },
  'a set() that came before clear() and wait()': {
    source: `const ready = new Event({ name: 'ready' })
      spawn(function* setter() { ready.set(); ready.clear() })
      await run(function* late() { yield* ready.wait() })`,
    says: [/"late" waiting for Event "ready"/],
  },
  'a pool that waits for its own worker': {
    source: `const pool = new Pool(1, { name: 'pool' })
      function* inner() {}
      function* outer() { yield* yield* pool.spawn(inner) }
      await run(function* main() { yield* pool.spawn(outer); yield* pool.join() })`,
    says: [/"outer" waiting for Pool "pool"/, '"main"'],
  },
  'a child of a scope that never ends': {
    source: `await run(function* main() {
        yield* scope(function* (s) { s.spawn(function* child() { yield* sleep(Infinity) }) })
      })`,
    says: ['"main" waiting for', '  <Greenlet #2 "child" waiting for sleep(Infinity)'],
  },
  'a channel without a partner': {
    source: `const channel = new Channel({ name: 'c' })
      await run(function* sender() { yield* channel.put(1) })`,
    says: ['"sender" waiting for Channel "c".put'],
  },
  'an AsyncResult that nobody sets': {
    source: `const answer = new AsyncResult({ name: 'answer' })
      await run(function* asker() { yield* answer.get() })`,
    says: [/"asker" waiting for AsyncResult "answer"/],
  },
}

for (const [name, { source, says }] of Object.entries(programs)) {
  test(`stuck: ${name}: every greenlet is listed with what it waits for, its stack and its origin`, async (context) => {
    const { ended } = startProgram(`
      import { AsyncResult, Barrier, Channel, Event, Lock, Pool, Queue, getCurrent, joinAll, run, scope, sleep, spawn } from 'gvent'
      ${source}`)
    const { code, stderr } = await ended
    context.diagnostic(stderr)
    assert.equal(code, 1)
    for (const text of says) {
      if (typeof text === 'string') assert.ok(stderr.includes(text), `${text} is missing in:\n${stderr}`)
      else assert.match(stderr, text)
    }
    assert.match(stderr, /\n +at .*\[eval1\]:\d+/)
    assert.match(stderr, /\n +spawned\n +at /)
    assert.match(stderr, /LoopExit/)
  })
}
