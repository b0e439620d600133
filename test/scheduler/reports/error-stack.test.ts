import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AsyncResult,
  Greenlet,
  GreenletExit,
  Queue,
  Timeout,
  all,
  any,
  call,
  dump,
  green,
  race,
  sleep,
  spawn,
  until,
  withTimeout,
  type Coroutine,
  type Operation,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

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

test('that of a subclass ends at the hub, too', async () => {
  class Worker extends Greenlet {
    override *run(): Coroutine<void> {
      yield* middle(fail)
    }
  }
  const error = await errorOf(new Worker().start())
  assert.deepEqual(functionsIn(error), ['fail', 'inner', 'middle', 'Worker.run'])
  assert.doesNotMatch(error.stack!, /Hub\.|\.resume/)
})

test('the place that waits is listed once where the wait fails at once, and who called a plain function is listed', async () => {
  const jobs = new Queue()
  jobs.shutdown()
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, () => jobs.get()))), ['inner', 'middle', 'outer'])
  const refuse = (): never => {
    throw new Error('refused')
  }
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, () => call(refuse)))), ['refuse', 'inner', 'middle', 'outer'])
  const late = call(() => sleep(100, { timeout: 5 }))
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, () => late))), ['inner', 'middle', 'outer'])
})

test('what another greenlet did is set apart from the place where the error that came of it is raised', async () => {
  const result = new AsyncResult<void>()
  spawn(function* setter() {
    yield
    result.setError(new Error('no luck'))
  })
  const error = await errorOf(spawn(outer, () => result.get()))
  assert.match(error.stack!, /^Error: no luck\n {4}at setter .*\n {2}raised at\n {4}at inner /)
  assert.deepEqual(functionsIn(error), ['setter', 'inner', 'middle', 'outer'])

  const jobs = new Queue()
  spawn(function* closer() {
    yield
    jobs.shutdown()
  })
  const ended = await errorOf(spawn(outer, () => jobs.get()))
  assert.match(ended.stack!, /^ShutDown: .*\n {4}at closer .*\n {2}raised at\n {4}at inner .*\n.*\n.*at outer .*$/)
})

test('functions that are run for a race or for `all` were called by the one that waits', async () => {
  for (const both of [race([fail(), sleep(100)]), all([fail(), sleep(100)])]) {
    assert.deepEqual(functionsIn(await errorOf(spawn(outer, () => both))), ['fail', 'inner', 'middle', 'outer'])
  }
  const error = (await errorOf(spawn(outer, () => any([fail(), fail()])))) as AggregateError
  assert.deepEqual(functionsIn(error), ['inner', 'middle', 'outer'])
  for (const part of error.errors) assert.deepEqual(functionsIn(part), ['fail', 'inner', 'middle', 'outer'])
})

test('the cause of an error has its callers as well', async () => {
  const wrap = green(function* wrap(): Coroutine<void> {
    yield
    try {
      JSON.parse('{')
    } catch (cause) {
      throw new Error('unreadable', { cause })
    }
  })
  const error = await errorOf(spawn(outer, wrap))
  assert.deepEqual(functionsIn(error), ['wrap', 'inner', 'middle', 'outer'])
  assert.deepEqual(functionsIn(error.cause), ['wrap', 'inner', 'middle', 'outer'])
})

test('an error that was made elsewhere says where, and not who called the one that throws it', async () => {
  const made = new Error('made before')
  const { stack } = made
  const throwing = green(function* throwing() {
    yield
    throw made
  })
  assert.equal((await errorOf(spawn(outer, throwing))).stack, stack)
})

test('lines of a message that look like those of a stack stay in the message', async () => {
  const message = 'it said\n    at driveGreenlet (a.js:1:1)\nand no more'
  const quoting = green(function* quoting() {
    yield
    throw new Error(message)
  })
  const error = await errorOf(spawn(outer, quoting))
  assert.ok(error.stack!.startsWith(`Error: ${message}\n    at quoting `))
  assert.deepEqual(functionsIn(error), ['quoting', 'inner', 'middle', 'outer'])
})

test('a caller that is parked on a plain `yield` leaves a line that says so', async () => {
  const plain = green(function* plain() {
    yield fail()
  })
  const { stack } = await errorOf(spawn(outer, plain))
  assert.match(stack!, /^.*\n.*at fail .*\n {4}at a plain `yield` .*\n.*at inner .*\n.*at middle .*\n.*at outer .*$/)
})

test('a plain function that gives something to wait for leaves no line: it wrote no `yield`', async () => {
  for (const work of [() => fail(), () => call(function* () {}).then(() => fail())]) {
    assert.doesNotMatch((await errorOf(spawn(work))).stack!, /yield/)
  }
  const sleeper = spawn(() => sleep(5))
  await quiet()
  assert.doesNotMatch(dump(), /yield/)
  await host.advance(5)
  assert.ok(sleeper.successful)
})

test('nothing of the program runs to tell where a frame stands, be it driven by a loop', async () => {
  const got: unknown[] = []
  const spawnLoop = (operation: () => Operation<unknown>): Greenlet =>
    spawn(function* main() {
      function* driven(): Generator {
        got.push(yield* operation())
      }

      for (const wanted of driven()) got.push(yield wanted)
    })
  assert.equal((await errorOf(spawnLoop(fail))).message, 'failed')
  const sleeper = spawnLoop(() => sleep(5))
  await quiet()
  assert.match(dump(), /at a plain `yield`/)
  await host.advance(5)
  assert.ok(sleeper.successful)
  assert.deepEqual(got, [undefined, undefined])
})

test('a Timeout that is used again says where it is raised then', async () => {
  const timeout = new Timeout(5)
  const first = green(function* first() {
    timeout.start()
    yield* sleep(100)
  })
  const second = green(function* second() {
    yield* sleep(100, { timeout })
  })
  for (const fn of [first, second, first]) {
    assert.equal(await errorOf(spawn(outer, fn)), timeout)
    assert.deepEqual(functionsIn(timeout), [fn.name, 'inner', 'middle', 'outer'])
  }
})

test('however many native levels wait, none is missing from the stack of a timeout', async () => {
  const nest = function* nest(left: number): Coroutine<void> {
    if (left === 0) yield* sleep(100, { timeout: 5 })
    else yield* nest(left - 1)
  }
  const error = await errorOf(spawn(outer, () => call(nest, 6)))
  assert.deepEqual(functionsIn(error), [...Array.from({ length: 7 }, () => 'nest'), 'inner', 'middle', 'outer'])
})

test('when the budget is used up stacks are as the engine made them, whole errors at a time', async () => {
  const { hub } = spawn(() => undefined)
  while (hub.errorStacks.take());
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, fail))), ['fail'])
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, () => sleep(100, { timeout: 5 })))), [])
  await host.advance(1000)
  while (!hub.errorStacks.take());
  assert.deepEqual(functionsIn(await errorOf(spawn(outer, fail))), ['fail', 'inner', 'middle', 'outer'])
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
