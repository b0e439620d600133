import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Group,
  ThreadEndedError,
  ThreadPool,
  Timeout,
  all,
  fromModule,
  getHub,
  sleep,
  spawn,
  transfer,
  withTimeout,
  type Coroutine,
} from 'gvent'
import { greenTest, raised, start } from '../green-test.js'
import { startProgram } from '../program.js'
import type * as greenWork from './green-work.js'
import type * as work from './work.js'

const url = new URL('./work.js', import.meta.url)
const greenURL = new URL('./green-work.js', import.meta.url)
const countCalls = fromModule<typeof work.countCalls>(url, 'countCalls')
const double = fromModule<typeof work.default>(url)

/** A test with a pool that is closed in the end. */
function poolTest(name: string, size: number, body: (pool: ThreadPool) => Coroutine<void>): void {
  greenTest(name, function* () {
    const pool = new ThreadPool(size)
    try {
      yield* body(pool)
    } finally {
      yield* pool.close()
      assert.equal(pool.stats().threads, 0)
    }
  })
}

const spin = (): never => {
  for (;;);
}

poolTest('runs a function that is sent as its source text', 1, function* (pool) {
  const sum: number = yield* pool.apply((...numbers: number[]) => numbers.reduce((a, b) => a + b), 1, 2, 3)
  assert.equal(sum, 6)
  const thread = yield* pool.apply(async () => (await import('node:worker_threads')).threadId)
  assert.notEqual(thread, 0)
})

poolTest('runs functions of modules, which are imported once a thread', 1, function* (pool) {
  assert.equal(yield* pool.apply(double, 21), 42)
  assert.equal(yield* pool.apply(countCalls), 1)
  assert.equal(yield* pool.apply({ module: url, name: 'countCalls' }), 2)
  assert.equal(yield* pool.apply(fromModule<(text: string) => string>('node:path', 'basename'), '/a/b'), 'b')
})

poolTest('what was handed over before cannot be sent again, and the place is free', 1, function* (pool) {
  const bytes = new Uint8Array(8)
  yield* pool.apply((given: Uint8Array) => given.length, transfer(bytes))
  const again = yield* raised(pool.apply((given: Uint8Array) => given.length, transfer(bytes)))
  assert.deepEqual([(again as Error).name, (again as { code?: string }).code], ['TypeError', 'GVENT_NOT_CLONEABLE'])
  const back = yield* raised(pool.apply(fromModule<typeof work.transferTwice>(url, 'transferTwice')))
  assert.deepEqual([(back as Error).name, (back as { code?: string }).code], ['TypeError', 'GVENT_NOT_CLONEABLE'])
  assert.equal(yield* pool.apply(double, 21), 42)
})

poolTest('an error is raised here whatever cannot be read of it', 1, function* (pool) {
  const raise = fromModule<typeof work.raiseStrange>(url, 'raiseStrange')
  for (const kind of ['getter', 'stack', 'constructor', 'cause', 'message', 'keys', 'frozen', 'plain']) {
    const error = yield* raised(pool.apply(raise, kind))
    assert.ok(error instanceof Error, kind)
    assert.match(error.message, /^this one/, kind)
  }
  for (const kind of ['bare', 'revoked']) {
    const error = yield* raised(pool.apply(raise, kind))
    assert.equal(typeof error, 'string', kind)
  }
  const thrower = Object.defineProperty({}, 'x', {
    enumerable: true,
    get() {
      throw undefined
    },
  })
  const error = yield* raised(pool.apply((given: object) => given, thrower))
  assert.equal((error as { code?: string }).code, 'GVENT_NOT_CLONEABLE')
  const returned = yield* raised(
    pool.apply(() =>
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get() {
          throw undefined
        },
      }),
    ),
  )
  assert.equal((returned as { code?: string }).code, 'GVENT_NOT_CLONEABLE')
})

poolTest('functions there may wait, too', 1, function* (pool) {
  assert.equal(yield* pool.apply(fromModule<typeof greenWork.waits>(greenURL, 'waits'), 'it'), 'it waited')
  const methods = {
    *generate(this: void, from: number): Coroutine<number> {
      yield
      return from + 1
    },
    shorthand: (x: number) => x + 2,
    async later(this: void, x: number) {
      return await Promise.resolve(x + 3)
    },
  }
  assert.equal(yield* pool.apply(methods.generate, 1), 2)
  assert.equal(yield* pool.apply(methods.shorthand, 1), 3)
  assert.equal(yield* pool.apply(methods.later, 1), 4)
})

poolTest('spawn, map, imap, imapUnordered and applyAsync', 2, function* (pool) {
  const greenlet = yield* pool.spawn(double, 4)
  assert.equal(yield* greenlet, 8)
  assert.deepEqual(yield* pool.map(double, [1, 2, 3]), [2, 4, 6])
  const gathered: number[] = []
  for (const results of [pool.imap(double, [1, 2, 3]), pool.imapUnordered((x: number) => x * 2, [1, 2, 3])]) {
    for (const next of results) {
      const item = yield* next
      if (item.done) break
      gathered.push(item.value)
    }
  }
  assert.deepEqual(gathered.sort(), [2, 2, 4, 4, 6, 6])
  assert.equal(yield* pool.applyAsync(double, 5), 10)
  const told: number[] = []
  yield* pool.applyAsync({ callback: (value) => told.push(value) }, double, 6)
  yield* sleep(0)
  assert.deepEqual(told, [12])
})

poolTest('never has more threads than its size says, and uses them again', 2, function* (pool) {
  const which = fromModule<typeof work.whichThread>(url, 'whichThread')
  const ids = new Set(yield* pool.map(which, Array(20)))
  assert.ok(ids.size <= 2)
  const { threads, idle, maxSize, size } = pool.stats()
  assert.ok(threads <= 2)
  assert.deepEqual([idle, maxSize, size], [threads, 2, 0])
})

poolTest('a greenlet that waits for a thread does not keep others from running', 1, function* (pool) {
  let turns = 0
  const ticker = spawn(function* () {
    for (;;) {
      yield* sleep(1)
      turns++
    }
  })
  yield* pool.apply(() => {
    const end = Date.now() + 50
    while (Date.now() < end);
  })
  assert.ok(turns > 3)
  yield* ticker.kill()
})

poolTest('buffers are copied, or handed over by transfer, there and back', 1, function* (pool) {
  const bytes = new Uint8Array(1000)
  const copy = yield* pool.apply(fromModule<typeof greenWork.fill>(greenURL, 'fill'), bytes)
  assert.deepEqual([bytes.length, bytes[0], copy[999]], [1000, 0, 7])
  const back = yield* pool.apply(fromModule<typeof greenWork.fill>(greenURL, 'fill'), transfer(bytes))
  assert.deepEqual([bytes.length, back.length], [0, 1000])
  const buffer = new ArrayBuffer(8)
  const size = yield* pool.apply(
    (part: { buffer: ArrayBuffer }) => part.buffer.byteLength,
    transfer({ buffer }, [buffer]),
  )
  assert.deepEqual([size, buffer.byteLength], [8, 0])
  assert.throws(() => transfer({ buffer }), /write transfer\(value, \[buffer\]\)/)
})

poolTest('errors come over with class, name, properties, cause and stack', 1, function* (pool) {
  const range = (yield* raised(
    pool.apply(function inTheThread() {
      throw new RangeError('out of range')
    }),
  )) as RangeError
  assert.ok(range instanceof RangeError)
  assert.equal(range.message, 'out of range')
  assert.match(range.stack!, /inTheThread/)
  const own = (yield* raised(pool.apply(fromModule<typeof work.refuse>(url, 'refuse')))) as work.Refusal
  assert.ok(own instanceof Error)
  assert.deepEqual([own.name, own.message, own.code, own.detail], ['Refusal', 'no', 'REFUSED', { limit: 3 }])
  assert.ok(own.cause instanceof RangeError)
  assert.match(own.stack!, /work\.[jt]s/)
  const many = (yield* raised(
    pool.apply(() => {
      throw new AggregateError([new TypeError('a'), 5], 'many')
    }),
  )) as AggregateError
  assert.ok(many instanceof AggregateError && many.errors[0] instanceof TypeError)
  assert.equal(many.errors[1], 5)
  assert.equal(
    yield* raised(
      pool.apply(() => {
        throw 'a text'
      }),
    ),
    'a text',
  )
  assert.equal(pool.stats().idle, 1)
})

poolTest('a function that uses what is around it is told so', 1, function* (pool) {
  const error = (yield* raised(pool.apply(() => pool.size))) as Error
  assert.ok(error instanceof ReferenceError)
  assert.match(error.message, /^pool is not defined\. This function runs in another thread, which has only its source/)
})

poolTest('what cannot be sent, there or back, is an error that says so', 1, function* (pool) {
  const there = (yield* raised(
    pool.apply(
      (fn: () => void) => fn,
      () => undefined,
    ),
  )) as Error & { code: string }
  assert.match(there.message, /its arguments cannot be sent to another thread/)
  assert.equal(there.code, 'GVENT_NOT_CLONEABLE')
  const back = (yield* raised(pool.apply(() => () => undefined))) as Error & { code: string }
  assert.match(back.message, /the result of a function cannot be sent from its thread to this one/)
  assert.equal(back.code, 'GVENT_NOT_CLONEABLE')
  assert.throws(() => void pool.apply(5 as never), /expected a function or fromModule/)
  assert.throws(() => void pool.apply(Math.max, 1), /native, bound, or a class/)
  assert.throws(() => void pool.map(class {} as never, []), /native, bound, or a class/)
  assert.throws(() => fromModule('./work.js'), /write new URL\(".\/work.js", import.meta.url\)/)
  const missing = yield* raised(pool.apply(fromModule(url, 'notAFunction')))
  assert.match(String(missing), /exports no function "notAFunction"/)
  const absent = (yield* raised(pool.apply(fromModule(new URL('./absent.js', url))))) as Error & { code: string }
  assert.equal(absent.code, 'ERR_MODULE_NOT_FOUND')
  assert.equal(yield* pool.apply(double, 1), 2)
})

poolTest('messages that a function sends by itself are no replies', 1, function* (pool) {
  const chatty = async (): Promise<string> => {
    const { parentPort } = await import('node:worker_threads')
    for (const message of [null, 5, {}, { id: 1 }, { value: 'wrong' }]) parentPort!.postMessage(message)
    return 'right'
  }
  assert.equal(yield* pool.apply(chatty), 'right')
})

poolTest('a thread that ends in the middle of it is an error, and is replaced', 1, function* (pool) {
  const exit = yield* raised(pool.apply(() => process.exit(3)))
  assert.ok(exit instanceof ThreadEndedError)
  assert.equal(exit.exitCode, 3)
  const uncaught = yield* raised(
    pool.apply(
      () =>
        new Promise(() => {
          setTimeout(() => {
            throw new TypeError('nobody catches me')
          })
        }),
    ),
  )
  assert.ok(uncaught instanceof TypeError)
  assert.equal(uncaught.message, 'nobody catches me')
  assert.equal(yield* pool.apply(double, 1), 2)
})

function* hoards(): Coroutine<void> {
  using pool = new ThreadPool(1, { resourceLimits: { maxOldGenerationSizeMb: 16 } })
  const error = yield* raised(
    pool.apply(() => {
      const hoard: unknown[] = []
      for (;;) hoard.push(Array(10_000).fill(hoard.length))
    }),
  )
  assert.equal((error as NodeJS.ErrnoException).code, 'ERR_WORKER_OUT_OF_MEMORY')
  assert.equal(yield* pool.apply(double, 1), 2)
  yield* pool.close()
}
// It would take the memory of the machine.
const skip = 'Deno' in globalThis || 'Bun' in globalThis ? 'threads have no limit of memory here' : false
greenTest('a thread that needs too much memory is an error, and is replaced', hoards, { skip })

poolTest('a kill and a timeout end a thread that never comes back', 1, function* (pool) {
  assert.ok((yield* raised(withTimeout(20, pool.apply(spin)))) instanceof Timeout)
  assert.equal(pool.stats().threads, 0)
  const greenlet = yield* pool.spawn(spin)
  yield* sleep(20)
  yield* greenlet.kill()
  assert.deepEqual([pool.stats().threads, pool.size], [0, 0])
  assert.equal(yield* pool.apply(double, 1), 2)
})

poolTest('one that waits for a thread can be killed, and the next gets it', 1, function* (pool) {
  const busy = yield* pool.spawn(spin)
  const first = start(() => pool.apply(double, 1))
  const second = start(() => pool.apply(double, 2))
  yield* sleep(0)
  assert.equal(pool.stats().waiting, 2)
  yield* first.kill()
  yield* busy.kill()
  assert.equal(yield* second, 4)
})

poolTest('close ends what is running, and the pool can be used again', 2, function* (pool) {
  const running = yield* pool.spawn(spin)
  yield* pool.apply(double, 1)
  yield* all([pool.close(), pool.close()])
  assert.deepEqual([running.dead, pool.stats().threads], [true, 0])
  assert.equal(yield* pool.apply(double, 1), 2)
})

poolTest('kills at random times leave no thread too many and no result astray', 3, function* (pool) {
  const group = new Group()
  let wrong = 0
  for (let round = 0; round < 40; round++) {
    const greenlet = yield* group.spawn(function* () {
      if ((yield* pool.apply((x: number) => x * 2, round)) !== round * 2) wrong++
    })
    if (round % 4 === 0) yield* sleep(round % 7)
    if (round % 3 === 0) greenlet.kill()
    assert.ok(pool.stats().threads <= 3)
  }
  yield* group.join()
  assert.deepEqual([wrong, pool.size], [0, 0])
})

test('threads that have nothing to do do not keep the program alive; those that have do', async () => {
  const { code, stdout, stderr } = await startProgram(`
    import { ThreadPool } from 'gvent'
    const pool = new ThreadPool(2)
    console.log(await pool.apply(() => 1))
    pool.applyAsync(() => new Promise((resolve) => setTimeout(resolve, 50, 2))).link(({ value }) => console.log(value))`)
    .ended
  assert.deepEqual([code, stdout, stderr], [0, '1\n2\n', ''])
})

test('an error that nobody waits for is reported', async () => {
  const { code, stderr } = await startProgram(`
    import { ThreadPool } from 'gvent'
    const pool = new ThreadPool(1)
    pool.applyAsync(function broken() { throw new TypeError('broken') })`).ended
  assert.equal(code, 1)
  assert.match(stderr, /"broken".* ended with an error:\nTypeError: broken/)
})

test('the hub of this thread has nothing left from them', () => {
  assert.equal(getHub().alive, 0)
})

poolTest('maxSize can be set: fewer threads are kept, or more of them run', 2, function* (pool) {
  yield* all([pool.apply(double, 2), pool.apply(double, 3)])
  assert.equal(pool.stats().threads, 2)
  pool.maxSize = 1
  while (pool.stats().threads > 1) yield* sleep(1)
  assert.equal(yield* pool.apply(double, 4), 8)
  assert.equal(pool.stats().threads, 1)
  pool.maxSize = 3
  assert.equal(pool.freeCount, 3)
})
