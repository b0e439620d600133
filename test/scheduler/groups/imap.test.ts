import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Event,
  Group,
  Pool,
  Timeout,
  allSettled,
  getHub,
  idle,
  race,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Operation,
  type Results,
} from 'gvent/scheduler'
import { range, reported, takeAllReported } from './works.js'

const hub = getHub()
/** Waits so many turns of the event loop, and gives their number. */
function* after(turns: number): Coroutine<number> {
  for (let turn = 0; turn < turns; turn++) yield* idle()
  return turns
}

function* readAll<R>(results: Results<R>): Coroutine<R[]> {
  const values: R[] = []
  for (const next of results) {
    const item = yield* next
    if (item.done) break
    values.push(item.value)
  }
  return values
}

async function collect<R>(results: AsyncIterable<R>): Promise<R[]> {
  const values: R[] = []
  for await (const value of results) values.push(value)
  return values
}

test('imap gives the results in the order of the items, imapUnordered as they come to be', async () => {
  await spawn(function* () {
    for (const group of [new Group(), new Pool(3), new Pool()]) {
      assert.deepEqual(yield* readAll(group.imap(after, [9, 1, 5])), [9, 1, 5])
      assert.deepEqual(yield* readAll(group.imapUnordered(after, [9, 1, 5])), [1, 5, 9])
      assert.equal(group.size, 0)
    }
  })
})

test('imap takes iterables, async iterables and nothing', async () => {
  async function* letters(): AsyncGenerator<string> {
    yield 'a'
    yield 'b'
  }
  await spawn(function* () {
    const pool = new Pool(2)
    assert.deepEqual(yield* readAll(pool.imap((n) => n + 1, range(3))), [1, 2, 3])
    assert.deepEqual(yield* readAll(pool.imap((letter) => letter.toUpperCase(), letters())), ['A', 'B'])
    assert.deepEqual(yield* readAll(pool.imap((n) => n, [])), [])
  })
})

test('for await gives the values outside of greenlets', async () => {
  const pool = new Pool(2)
  assert.deepEqual(await collect(pool.imap(after, [2, 0, 1])), [2, 0, 1])
  assert.deepEqual((await collect(pool.imapUnordered(after, [2, 0, 1]))).sort(), [0, 1, 2])
})

test('imap does nothing before the loop begins, and every loop calls the function anew', async () => {
  await spawn(function* () {
    let calls = 0
    const results = new Pool(2).imap(() => ++calls, [0, 0])
    yield* idle()
    assert.equal(calls, 0)
    assert.deepEqual(yield* readAll(results), [1, 2])
    assert.deepEqual(yield* readAll(results), [3, 4])
  })
})

test('the results of one imap can be the items of another', async () => {
  const doubled = new Pool(2).imap((n) => n * 2, range(5))
  assert.deepEqual(await collect(new Pool(3).imap((n) => n + 1, doubled)), [1, 3, 5, 7, 9])
})

test('an error is raised for its item, and the loop can go on after it', async () => {
  await spawn(function* () {
    const seen: unknown[] = []
    const results = new Pool(2).imap((n) => {
      if (n === 1) throw new Error(`item ${n}`)
      return n
    }, range(4))
    for (const next of results) {
      try {
        const item = yield* next
        if (item.done) break
        seen.push(item.value)
      } catch (error) {
        seen.push((error as Error).message)
      }
    }
    assert.deepEqual(seen, [0, 'item 1', 2, 3])
    yield* idle()
  })
  assert.deepEqual(reported, [])
})

test('an error of the iterable comes after the results of all items before it, and then it is over', async () => {
  function* items(): Generator<number, void, undefined> {
    yield 3
    yield 0
    throw new Error('no more items')
  }
  await spawn(function* () {
    for (const ordered of [true, false]) {
      const seen: unknown[] = []
      const pool = new Pool(5)
      for (const next of ordered ? pool.imap(after, items()) : pool.imapUnordered(after, items())) {
        try {
          const item = yield* next
          seen.push(item.done ? 'done' : item.value)
          if (item.done) break
        } catch (error) {
          seen.push((error as Error).message)
        }
      }
      assert.deepEqual(seen, [...(ordered ? [3, 0] : [0, 3]), 'no more items', 'done'])
    }
    yield* idle()
  })
  assert.deepEqual(reported, [])
})

test('a loop without a break ends after the last result too', async () => {
  await spawn(function* () {
    const seen: unknown[] = []
    for (const next of new Pool(2).imap((n) => n, range(2))) seen.push((yield* next).value)
    assert.deepEqual(seen, [0, 1, undefined])
  })
})

test('maxSize limits how many items were taken whose results were not read', async () => {
  await spawn(function* () {
    for (const method of ['imap', 'imapUnordered'] as const) {
      for (const maxSize of [1, 2, 3]) {
        let taken = 0
        let read = 0
        let most = 0
        const items = function* (): Generator<number, void, undefined> {
          for (const n of range(20)) {
            taken++
            most = Math.max(most, taken - read)
            yield n
          }
        }
        for (const next of new Pool(10)[method]((n: number) => n, items(), { maxSize })) {
          for (let turn = 0; turn <= maxSize; turn++) yield* idle()
          assert.equal(taken - read, Math.min(maxSize, 20 - read))
          const item = yield* next
          if (item.done) break
          read++
        }
        assert.equal(read, 20)
        assert.equal(most, maxSize)
      }
    }
  })
})

test('by default twice as many items are taken as there are places before the first result is read', async () => {
  await spawn(function* () {
    let taken = 0
    const items = function* (): Generator<number, void, undefined> {
      for (;;) yield taken++
    }
    for (const next of new Pool(3).imap((n: number) => n, items())) {
      yield* idle()
      yield* idle()
      assert.equal(taken, 6)
      yield* next
      break
    }
  })
})

test('memory follows what was not read, and not the number of items', async () => {
  const { gc } = globalThis
  assert.ok(gc)
  const memory = (): number => {
    gc()
    return process.memoryUsage().heapUsed
  }
  await spawn(function* () {
    let read = 0
    let before = 0
    for (const next of new Pool(10).imap((n) => new Array<number>(200).fill(n), range(50_000))) {
      const item = yield* next
      if (item.done) break
      if (++read === 1000) before = memory()
    }
    assert.equal(read, 50_000)
    const grown = memory() - before
    assert.ok(grown < 10_000_000, `80 MB of results went through, and ${grown} bytes of them stayed`)
  })
})

test('leaving the loop early kills the greenlets that it started, closes the iterable and leaves those of others', async () => {
  await spawn(function* () {
    const alive = hub.alive
    const pool = new Pool(4)
    const other = yield* pool.spawn(() => sleep(Infinity))
    let started = 0
    let cleaned = 0
    let closed = false
    function* items(): Generator<number, void, undefined> {
      try {
        for (;;) yield 0
      } finally {
        closed = true
      }
    }
    function* work(): Coroutine<void> {
      started++
      try {
        yield* sleep(Infinity)
      } finally {
        cleaned++
      }
    }
    for (const _next of pool.imap(work, items())) {
      while (started < 3) yield* idle()
      break
    }
    while (cleaned < 3) yield* idle()
    assert.equal(cleaned, 3)
    assert.equal(closed, true)
    assert.deepEqual([...pool], [other])
    yield* other.kill()
    assert.equal(hub.alive, alive)
  })
})

test('leaving a for await early waits until the greenlets have cleaned up', async () => {
  const alive = hub.alive
  const pool = new Pool(2)
  let cleaned = false
  const work = function* (n: number): Coroutine<number> {
    if (n === 0) return n
    try {
      yield* sleep(Infinity)
    } finally {
      yield* idle()
      cleaned = true
    }
    return n
  }
  for await (const value of pool.imap(work, range(10))) {
    assert.equal(value, 0)
    await idle()
    break
  }
  assert.equal(cleaned, true)
  assert.equal(pool.size, 0)
  assert.equal(hub.alive, alive)
})

test('an error ends a for await, and leaves nothing behind', async () => {
  const alive = hub.alive
  const pool = new Pool(2)
  const error = new Error('failed')
  const work = function* (n: number): Coroutine<void> {
    yield* idle()
    if (n === 0) throw error
    yield* sleep(Infinity)
  }
  await assert.rejects(collect(pool.imap(work, range(10))), error)
  assert.equal(pool.size, 0)
  assert.equal(hub.alive, alive)
  assert.deepEqual(reported, [])
})

test('a killed reader leaves the loop, and the greenlets end with it', async () => {
  await spawn(function* () {
    const alive = hub.alive
    const pool = new Pool(2)
    const reader = spawn(() => readAll(pool.imap(() => sleep(Infinity), range(5))))
    yield* idle()
    assert.equal(pool.size, 2)
    yield* reader.kill()
    yield* idle()
    assert.equal(pool.size, 0)
    assert.equal(hub.alive, alive)
  })
})

test('errors that nobody has read when the loop is left are reported', async () => {
  const errors = [new Error('first'), new Error('second')]
  await spawn(function* () {
    for (const _next of new Pool(2).imap((n) => {
      throw errors[n]!
    }, range(2))) {
      yield* idle()
      break
    }
    yield* idle()
  })
  assert.deepEqual(await takeAllReported(), errors)
})

test('an error of the iterable that nobody has read when the loop is left is reported', async () => {
  const error = new Error('no items')
  await spawn(function* () {
    const items = function* (): Generator<number, void, undefined> {
      throw error
    }
    for (const _next of new Pool(2).imap((n) => n, items())) {
      yield* idle()
      break
    }
    yield* idle()
  })
  assert.deepEqual(await takeAllReported(), [error])
})

test('a result that a timeout kept from its reader comes with the following next', async () => {
  await spawn(function* () {
    const go = new Event()
    const seen: unknown[] = []
    const results = new Pool(1).imap(function* (n: number) {
      yield* go.wait()
      return n
    }, range(2))
    for (const next of results) {
      const item = yield* withTimeout(1, next, { value: undefined })
      if (item?.done) break
      seen.push(item?.value)
      go.set()
    }
    assert.equal(seen[0], undefined)
    assert.deepEqual(
      seen.filter((value) => value !== undefined),
      [0, 1],
    )
  })
})

test('a result that was handed to a reader who was killed goes to the next reader, in order', async () => {
  await spawn(function* () {
    const go = new Event()
    const results = new Pool(1).imap(function* (n: number) {
      yield* go.wait()
      return n
    }, range(2))
    const nexts = results[Symbol.iterator]()
    const next = nexts.next().value as Operation<IteratorResult<number>>
    const killed = spawn(() => next)
    const other = spawn(() => next)
    yield* idle()
    go.set()
    // The worker ends in the next step, and its result is handed to the first reader; the kill comes right after that.
    yield* spawn(() => killed.kill())
    assert.deepEqual(yield* other, { done: false, value: 0 })
    assert.deepEqual(yield* next, { done: false, value: 1 })
    assert.equal((yield* next).done, true)
    nexts.return?.()
  })
})

test('a next that loses a race takes no result', async () => {
  await spawn(function* () {
    const set = new Event()
    set.set()
    const seen: unknown[] = []
    for (const next of new Pool(2).imap((n) => n, range(3))) {
      yield* idle()
      yield* race([set.wait(), next])
      const item = yield* next
      if (item.done) break
      seen.push(item.value)
    }
    assert.deepEqual(seen, [0, 1, 2])
  })
})

test('when somebody else kills the greenlets, their results are a KilledError', async () => {
  await spawn(function* () {
    const pool = new Pool(2)
    const codes: unknown[] = []
    const reader = spawn(function* () {
      for (const next of pool.imap(() => sleep(Infinity), range(2))) {
        const [result] = yield* allSettled([next])
        if (result.status === 'fulfilled') break
        codes.push((result.reason as { code?: unknown }).code)
      }
    })
    yield* idle()
    yield* pool.kill()
    yield* reader
    assert.deepEqual(codes, ['GVENT_KILLED', 'GVENT_KILLED'])
  })
})

test('when somebody else kills the one that takes the items, the reader does not take it for the end', async () => {
  await spawn(function* () {
    const pool = new Pool(1, { name: 'images' })
    const done = new Event()
    const reader = spawn(() => readAll(pool.imap(() => done.wait(), range(2))))
    yield* idle()
    const feeder = [...hub.greenlets()].find((greenlet) => greenlet.name === 'Pool "images" input')
    assert.ok(feeder)
    feeder.kill()
    done.set()
    const [result] = yield* allSettled([reader])
    assert.match(
      String((result as { reason: unknown }).reason),
      /^KilledError: <Greenlet #\d+ "Pool .* input"> was killed/,
    )
  })
})

test('a loop that forgets to wait is stopped with the corrected line', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    assert.throws(
      () => {
        for (const _next of pool.imap(() => sleep(Infinity), range(2)));
      },
      { name: 'TypeError', message: /went on without waiting for a result; write `const item = yield\* next` in it$/ },
    )
    yield* idle()
    assert.equal(pool.size, 0)
  })
})

test('a wrong maxSize is refused at once', () => {
  const pool = new Pool(1)
  for (const maxSize of [0, -1, NaN, 1.5]) {
    assert.throws(() => pool.imap(after, [], { maxSize }), {
      name: 'RangeError',
      message: `Pool.imap: { maxSize }: expected a whole number from 1, got ${maxSize}; write Infinity for no limit`,
    })
  }
})

test('a time limit around a loop ends it and leaves nothing behind', async () => {
  await spawn(function* () {
    const alive = hub.alive
    const pool = new Pool(2)
    try {
      yield* withTimeout(1, () => readAll(pool.imap(() => sleep(Infinity), range(5))))
      assert.fail('not raised')
    } catch (error) {
      assert.ok(error instanceof Timeout)
    }
    yield* idle()
    assert.equal(pool.size, 0)
    assert.equal(hub.alive, alive)
  })
})
