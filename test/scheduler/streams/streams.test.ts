import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pool, Queue, each, run, sleep, spawn, type Coroutine, type Operation } from 'gvent'
import { buffer, chunk, filter, map, merge, zip, type Items } from 'gvent/streams'
import { explore, simulate } from 'gvent/testing'

function* collect<T>(source: Items<T>): Coroutine<T[]> {
  const items: T[] = []
  for (const next of each(source)) {
    const item = yield* next
    if (item.done === true) break
    items.push(item.value)
  }
  return items
}

/** Numbers from 1, with a record of how many were asked for and whether it was closed. */
function numbers(end = Infinity) {
  const record = { given: 0, closed: false }
  async function* give() {
    try {
      while (record.given < end) yield ++record.given
    } finally {
      record.closed = true
    }
  }
  return Object.assign(record, { source: give() })
}

test('map and filter, with functions that wait and that do not', async () => {
  await run(function* () {
    const slow = function* (x: number): Coroutine<number> {
      yield* sleep(1)
      return x * 10
    }
    assert.deepEqual(yield* collect(map([1, 2, 3], slow)), [10, 20, 30])
    assert.deepEqual(
      yield* collect(
        map(
          filter(numbers(6).source, (x) => x % 2 === 0),
          (x) => -x,
        ),
      ),
      [-2, -4, -6],
    )
    const even = function* (x: number): Coroutine<boolean> {
      yield* sleep(1)
      return x % 2 === 0
    }
    assert.deepEqual(yield* collect(filter([1, 2, 3, 4], even)), [2, 4])
  })
})

test('chunk, zip', async () => {
  await run(function* () {
    assert.deepEqual(yield* collect(chunk([1, 2, 3, 4, 5], 2)), [[1, 2], [3, 4], [5]])
    assert.deepEqual(yield* collect(chunk([], 2)), [])
    assert.deepEqual(yield* collect(zip([1, 2, 3], ['a', 'b'])), [
      [1, 'a'],
      [2, 'b'],
    ])
    assert.deepEqual(yield* collect(zip()), [])
  })
})

test('merge gives the items as they come', async () => {
  await simulate(function* () {
    const ticking = (name: string, every: number, times: number): Items<string> =>
      map(Array.from({ length: times }), function* () {
        yield* sleep(every)
        return name
      })
    assert.deepEqual(yield* collect(merge(ticking('a', 10, 3), ticking('b', 25, 1))), ['a', 'a', 'b', 'a'])
    assert.deepEqual(yield* collect(merge()), [])
  })
})

test('queues and the results of imap are sources', async () => {
  await run(function* () {
    const queue = new Queue<number>()
    for (const item of [1, 2, 3]) yield* queue.put(item)
    queue.shutdown()
    const squares = new Pool(2).imap((x: number) => x * x, [4, 5])
    const items = yield* collect(merge(queue, squares))
    assert.deepEqual(items.sort(), [1, 16, 2, 25, 3])
  })
})

test('for await outside of greenlets', async () => {
  const items: number[] = []
  for await (const item of map(chunk(numbers(4).source, 2), ([x = 0, y = 0]) => x + y)) items.push(item)
  assert.deepEqual(items, [3, 7])
})

test('a source is asked for an item only when one is wanted', async () => {
  await run(function* () {
    const record = numbers()
    const pipeline = map(
      filter(record.source, () => true),
      (x) => x,
    )
    for (const next of each(pipeline)) {
      const item = yield* next
      if (item.done === true || item.value === 2) break
    }
    assert.equal(record.given, 2)
  })
})

for (const [name, make] of [
  ['map', (source: Items<number>) => map(source, (x) => x)],
  ['filter', (source: Items<number>) => filter(source, () => true)],
  ['chunk', (source: Items<number>) => chunk(source, 1)],
  ['zip', (source: Items<number>) => zip(source, numbers().source)],
  ['merge', (source: Items<number>) => merge(source, [7])],
  ['buffer', (source: Items<number>) => buffer(source, 3)],
] as const) {
  test(`leaving a ${name} early closes the source, and it was read no further than needed`, async () => {
    await run(function* () {
      const record = numbers()
      for (const next of each(make(record.source) as Items<unknown>)) {
        yield* next
        break
      }
      while (!record.closed) yield* sleep(1)
      assert.ok(record.given <= (name === 'buffer' ? 5 : 2), String(record.given))
    })
  })

  test(`an error of the source is raised by ${name}, after the items before it`, async () => {
    const broken = async function* () {
      yield 1
      await Promise.resolve()
      throw new Error('broken')
    }
    await run(function* () {
      let items = 0
      try {
        for (const next of each(make(broken()) as Items<unknown>)) {
          if ((yield* next).done === true) break
          items++
        }
        assert.fail('no error')
      } catch (error) {
        assert.equal((error as Error).message, 'broken')
      }
      assert.ok(items >= 1)
    })
  })

  test(`no item of a ${name} is lost or given twice if its reader is killed, whenever that is`, async () => {
    for (let moment = 0; moment < 40; moment++) {
      await simulate(function* () {
        const slow = map([1, 2, 3, 4, 5, 6], function* (item: number) {
          yield* sleep(5)
          return item
        })
        const stream = make(slow) as AsyncIterable<unknown>
        const iterator = stream[Symbol.asyncIterator]()
        const got: unknown[] = []
        // A reader that is killed leaves the stream open for the next one.
        const steps = each({ [Symbol.asyncIterator]: () => iterator })[Symbol.iterator]()
        const read = function* (): Coroutine<void> {
          for (let step = steps.next(); step.done !== true; step = steps.next()) {
            const item = yield* step.value
            if (item.done === true) return
            got.push(item.value)
          }
        }
        const reader = spawn(read)
        yield* sleep(moment)
        yield* reader.kill()
        yield* read()
        const seen = got.flat().filter((item) => item !== 7)
        const own = name === 'zip' ? seen.filter((_, index) => index % 2 === 0) : seen
        assert.deepEqual(own, [1, 2, 3, 4, 5, 6])
      })
    }
  })
}

test('buffer reads ahead as far as it may', async () => {
  await simulate(function* () {
    const times: number[] = []
    const slow = map([1, 2, 3, 4], function* (x: number) {
      yield* sleep(10)
      times.push(x)
      return x
    })
    const ahead = buffer(slow, 2)
    const first = (yield* each(ahead)[Symbol.iterator]().next().value as Operation<unknown>) as { value: unknown }
    assert.equal(first.value, 1)
    yield* sleep(100)
    assert.deepEqual(times, [1, 2, 3, 4])
    void ahead.return?.()
  })
})

test('wrong arguments are refused at the call', () => {
  assert.throws(() => map([1], 5 as never), /map\(source, fn\): expected a function, got 5/)
  assert.throws(() => map(5 as never, () => 1), /^TypeError: map\(source, fn\): expected an async iterable/)
  assert.throws(() => merge([1], 5 as never), /^TypeError: merge\(source, …\): expected an async iterable/)
  assert.throws(() => chunk([1], 0), /chunk\(source, size\)/)
  assert.throws(() => buffer([1], 0), /buffer\(source, size\)/)
})

test('a pipeline closes its source once and leaves nothing behind, wherever its reader is killed', async () => {
  const body = function* (moment: number): Coroutine<void> {
    let open = 0
    const source = function* (): Generator<number> {
      open++
      try {
        for (let number = 1; number <= 6; number++) yield number
      } finally {
        open--
      }
    }
    const double = function* (number: number): Coroutine<number> {
      yield* sleep(1)
      return 2 * number
    }
    const reader = function* (): Coroutine<void> {
      const stages = zip(chunk(buffer(map(source(), double), 2), 2), merge(filter(source(), Boolean)))
      for (const next of each(stages)) if ((yield* next).done) break
    }
    const reading = spawn(reader)
    for (let turn = 0; turn < moment; turn++) yield* turn % 4 === 3 ? sleep(1) : sleep(0)
    yield* reading.kill()
    for (let turn = 0; open > 0 && turn < 100; turn++) yield* sleep(1)
    assert.equal(open, 0)
  }
  for (let moment = 0; moment < 50; moment++) await simulate(() => body(moment))
  for (const moment of [5, 10, 20]) await explore(() => body(moment), { schedules: 30 })
})
