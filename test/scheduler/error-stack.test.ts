import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  Timeout,
  call,
  green,
  sleep,
  spawn,
  until,
  withTimeout,
  type Greenlet,
  type Operation,
} from 'gvent/scheduler'
import { reasonOf } from './reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

/** The functions of this file that a stack names, innermost first. */
function functionsIn(error: unknown): string[] {
  const lines = (error as Error).stack!.split('\n').filter((line) => line.includes('error-stack.test'))
  return lines.map((line) => /at (\S+) \(/.exec(line)?.[1] ?? line)
}

const inner = green(function* inner(work: () => Operation<unknown>) {
  yield* work()
})
const middle = green(function* middle(work: () => Operation<unknown>) {
  yield* inner(work)
})
function* outer(work: () => Operation<unknown>) {
  yield* middle(work)
}

const fail = green(function* fail() {
  yield
  throw new Error('failed')
})

async function errorOf(greenlet: Greenlet): Promise<Error> {
  const reason = reasonOf(greenlet)
  await host.advance(10)
  return (await reason) as Error
}

test('the stack of an error lists the green functions that called the one that raised it', async () => {
  const error = await errorOf(spawn(outer, fail))
  assert.match(error.stack!, /^Error: failed\n {4}at fail /)
  assert.deepEqual(functionsIn(error), ['fail', 'inner', 'middle', 'outer'])
  assert.doesNotMatch(error.stack!, /Greenlet\.|Hub\./)
})

test('native frames and frames of their own are listed in the order in which they called', async () => {
  function* leaf() {
    yield* sleep(1)
    throw new Error('failed')
  }
  function* native(): Generator {
    yield* leaf()
  }
  const owned = green(function* owned(): Generator {
    yield* native()
  })
  function* main(): Generator {
    yield* call(function* between() {
      yield* owned()
    })
  }
  assert.deepEqual(functionsIn(await errorOf(spawn(main))), ['leaf', 'native', 'owned', 'between', 'main'])
})

test('that of a timeout leads to the place that waited, and to its callers', async () => {
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, () => withTimeout(5, sleep(100))))), [
    'inner',
    'middle',
    'outer',
  ])
  const timeout = await errorOf(spawn(outer, () => sleep(100, { timeout: 5 })))
  assert.ok(timeout instanceof Timeout)
  assert.match(timeout.stack!, /^Timeout: timed out after 5 ms\n/)
  assert.deepEqual(functionsIn(timeout), ['inner', 'middle', 'outer'])
})

test('that of a kill does so too', async () => {
  let seen: unknown
  const greenlet = spawn(function* main() {
    try {
      yield* middle(() => sleep(100))
    } catch (error) {
      seen = error
      throw error
    }
  })
  await quiet()
  await greenlet.kill()
  assert.ok(seen instanceof GreenletExit)
  assert.deepEqual(functionsIn(seen), ['inner', 'middle', 'main'])
})

test('an error that a promise rejects with goes on with who waits for it', async () => {
  const stackless = new Error('from elsewhere')
  stackless.stack = 'Error: from elsewhere\n    at elsewhere (other.js:1:1)'
  const error = await errorOf(spawn(outer, () => until(Promise.reject(stackless))))
  assert.match(error.stack!, /^Error: from elsewhere\n {4}at elsewhere \(other\.js:1:1\)\n {4}at inner /)
  assert.deepEqual(functionsIn(error), ['inner', 'middle', 'outer'])
})

test('who waits for a greenlet that failed is not listed among those who called', async () => {
  const failing = spawn(fail)
  const error = await errorOf(spawn(outer, () => failing))
  assert.equal(error, await errorOf(failing))
  assert.deepEqual(functionsIn(error), ['fail'])
})

test('the limit that the program sets for stacks is kept, however many called', async () => {
  const dive = green(function* dive(depth: number): Generator<unknown, void> {
    if (depth === 0) yield* fail()
    else yield* deeper(depth - 1)
  })
  const deeper: (depth: number) => Operation<void> = dive
  const limit = Error.stackTraceLimit
  try {
    for (const shown of [0, 3, 10, Infinity]) {
      Error.stackTraceLimit = shown
      const { length } = functionsIn(await errorOf(spawn(deeper, 1000)))
      assert.equal(length, Math.min(shown, 200))
    }
  } finally {
    Error.stackTraceLimit = limit
  }
})

test('an error that cannot be changed or looked at passes through frames as it is', async () => {
  const trap = (): never => {
    throw new Error('trap')
  }
  const errors = [
    Object.freeze(new Error('frozen')),
    Object.defineProperty(new Error('no stack'), 'stack', { get: trap }),
    new Proxy(new Error('proxy'), { getPrototypeOf: trap, set: trap }),
    Object.assign(new Error('without'), { stack: undefined }),
    'a text',
    undefined,
  ]
  for (const error of errors) {
    const greenlet = spawn(function* main(): Generator {
      yield* call(function* raising() {
        yield
        throw error
      })
    })
    const reason = reasonOf(greenlet)
    await quiet()
    assert.equal(await reason, error)
  }
})
