import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Event,
  Group,
  Pool,
  Queue,
  allSettled,
  getHub,
  idle,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Operation,
} from 'gvent/scheduler'
import { raisedBy, range, reported, takeAllReported } from './works.js'

const hub = getHub()
/** So many bare yields: later numbers are done earlier. */
function* after(turns: number): Coroutine<number> {
  for (let turn = 0; turn < turns; turn++) yield
  return turns
}

test('map gives the results in the order of the items', async () => {
  assert.deepEqual(await new Pool(2).map(after, [9, 1, 5, 0]), [9, 1, 5, 0])
  assert.deepEqual(await new Group().map(after, [9, 1, 5, 0]), [9, 1, 5, 0])
  assert.deepEqual(await new Pool().map(after, [9, 1, 5, 0]), [9, 1, 5, 0])
})

test('map takes plain functions and functions that return promises', async () => {
  const pool = new Pool(2)
  assert.deepEqual(await pool.map((n: number) => n * 2, [1, 2, 3]), [2, 4, 6])
  assert.deepEqual(await pool.map(async (n: number) => n * 2, [1, 2, 3]), [2, 4, 6])
})

test('map gives the function the item and nothing else', async () => {
  assert.deepEqual(await new Pool(2).map(Number.parseInt, ['10', '11', '12']), [10, 11, 12])
})

test('map takes iterables and async iterables, and nothing is fine', async () => {
  const pool = new Pool(2)
  async function* letters(): AsyncGenerator<string> {
    yield 'a'
    yield 'b'
  }
  assert.deepEqual(await pool.map((n) => n + 1, range(3)), [1, 2, 3])
  assert.deepEqual(await pool.map((n) => n + 1, new Set([1, 2])), [2, 3])
  assert.deepEqual(await pool.map((letter) => letter.toUpperCase(), letters()), ['A', 'B'])
  assert.deepEqual(await pool.map((n) => n, []), [])
})

test('map is an operation: it does nothing before it is waited for, and can be used again', async () => {
  let calls = 0
  const mapping = new Pool(1).map(() => ++calls, [0, 0])
  await idle()
  assert.equal(calls, 0)
  assert.deepEqual(await mapping, [1, 2])
  assert.deepEqual(await mapping, [3, 4])
})

test('no more than size items are in flight, and none is taken before there is a place for it', async () => {
  await spawn(function* () {
    const pool = new Pool(3)
    let taken = 0
    let done = 0
    let most = 0
    function* items(): Generator<number, void, undefined> {
      for (; taken < 100;) {
        taken++
        most = Math.max(most, taken - done)
        yield taken
      }
    }
    yield* pool.map(function* () {
      yield* idle()
      done++
    }, items())
    assert.equal(done, 100)
    assert.equal(most, 3)
  })
})

test('two maps share a pool fairly', async () => {
  await spawn(function* () {
    const pool = new Pool(2)
    const order: string[] = []
    const mapWith = (name: string): Operation<void[]> =>
      pool.map(function* () {
        yield
        order.push(name)
      }, range(50))
    const first = spawn(() => mapWith('a'))
    const second = spawn(() => mapWith('b'))
    yield* first
    yield* second
    const half = order.slice(0, 50)
    const share = half.filter((name) => name === 'a').length
    assert.ok(share > 15 && share < 35, `one had ${share} of the first 50 places`)
  })
})

test('the error of the first item that fails is raised, whichever failed first', async () => {
  const first = new Error('of the first item')
  const second = new Error('of the second item')
  await spawn(function* () {
    const pool = new Pool(3)
    const mapping = pool.map(
      function* (item: number) {
        if (item === 0) {
          yield* idle()
          throw first
        }
        if (item === 1) throw second
        yield* sleep(Infinity)
      },
      [0, 1, 2],
    )
    assert.equal(yield* raisedBy(mapping), first)
    assert.equal(pool.size, 0)
    assert.deepEqual(reported, [])
  })
  assert.deepEqual(await takeAllReported(), [second])
})

test('after an error earlier items go on, later ones are killed and cleaned up, and no further item is taken', async () => {
  const error = new Error('failed')
  await spawn(function* () {
    const pool = new Pool(3)
    const order: string[] = []
    const failing = new Event()
    const asleep = new Event()
    let taken = 0
    function* items(): Generator<number, void, undefined> {
      try {
        for (;;) yield taken++
      } finally {
        order.push('items closed')
      }
    }
    const mapping = pool.map(function* (item: number) {
      if (item === 0) {
        yield* failing.wait()
        yield* idle()
        order.push('0 is done')
      } else if (item === 1) {
        yield* asleep.wait()
        failing.set()
        throw error
      } else {
        try {
          asleep.set()
          yield* sleep(Infinity)
        } finally {
          yield* idle()
          order.push(`${item} is cleaned up`)
        }
      }
    }, items())
    assert.equal(yield* raisedBy(mapping), error)
    assert.equal(pool.size, 0)
    assert.equal(taken, 3)
    assert.deepEqual(order.sort(), ['0 is done', '2 is cleaned up', 'items closed'])
    yield* idle()
  })
  assert.deepEqual(reported, [])
})

test('an error of the iterable comes after those of the items before it', async () => {
  const ofIterable = new Error('of the iterable')
  const ofItem = new Error('of an item')
  function* items(): Generator<number, void, undefined> {
    yield 0
    throw ofIterable
  }
  await spawn(function* () {
    const pool = new Pool(2)
    assert.equal(yield* raisedBy(pool.map(after, items())), ofIterable)
    const failing = pool.map(function* () {
      yield* idle()
      throw ofItem
    }, items())
    assert.equal(yield* raisedBy(failing), ofItem)
    yield* idle()
    assert.equal(pool.size, 0)
  })
  assert.deepEqual(await takeAllReported(), [ofIterable])
})

test('an async iterable that rejects raises that, and is not told to return', async () => {
  const error = new Error('rejected')
  let returned = false
  const items: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(error),
      return: () => {
        returned = true
        return Promise.resolve({ done: true, value: undefined })
      },
    }),
  }
  await assert.rejects(Promise.resolve(new Pool(2).map(after, items)), error)
  assert.equal(returned, false)
})

test('a killed map kills its greenlets and waits for their cleanup; those of others go on', async () => {
  await spawn(function* () {
    const alive = hub.alive
    const pool = new Pool(4)
    const other = yield* pool.spawn(() => sleep(Infinity))
    let cleaned = 0
    const mapping = spawn(() =>
      pool.map(function* () {
        try {
          yield* sleep(Infinity)
        } finally {
          yield* idle()
          cleaned++
        }
      }, range(10)),
    )
    yield* idle()
    assert.equal(pool.size, 4)
    yield* mapping.kill()
    assert.equal(cleaned, 3)
    assert.deepEqual([...pool], [other])
    yield* other.kill()
    assert.equal(hub.alive, alive)
  })
})

test('a map whose time is up leaves nothing behind', async () => {
  await spawn(function* () {
    const alive = hub.alive
    const pool = new Pool(2)
    const limited = withTimeout(
      1,
      pool.map(() => sleep(Infinity), range(10)),
      { value: 'timed out' },
    )
    assert.equal(yield* limited, 'timed out')
    assert.equal(pool.freeCount, 2)
    assert.equal(hub.alive, alive)
  })
})

test('a map that waits for a place in a pool that others fill can be killed', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const gate = new Queue<void>()
    yield* pool.spawn(() => gate.get())
    let taken = 0
    const mapping = spawn(() => pool.map(after, range(3 + taken++)))
    yield* idle()
    assert.equal(pool.stats().waiting, 1)
    yield* mapping.kill()
    assert.equal(pool.stats().waiting, 0)
    gate.putNowait()
    yield* pool.join()
    assert.equal(pool.freeCount, 1)
  })
})

test('a killed map does not wait for an async iterable that owes an answer, but tells it to return', async () => {
  let returned = false
  const items: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: () => {
        returned = true
        return new Promise(() => undefined)
      },
    }),
  }
  await spawn(function* () {
    const mapping = spawn(() => new Pool(1).map(after, items))
    yield* idle()
    yield* mapping.kill()
    assert.equal(returned, true)
  })
})

test('a killed map waits until an async generator that it leaves has cleaned up', async () => {
  let cleaned = false
  async function* items(): AsyncGenerator<number> {
    try {
      for (;;) yield 1
    } finally {
      await Promise.resolve()
      cleaned = true
    }
  }
  await spawn(function* () {
    const mapping = spawn(() => new Pool(1).map(() => sleep(Infinity), items()))
    yield* idle()
    yield* mapping.kill()
    assert.equal(cleaned, true)
  })
})

test('a greenlet of a map that somebody else kills fails the map with a KilledError', async () => {
  await spawn(function* () {
    const pool = new Pool(2)
    const mapping = spawn(() => pool.map(() => sleep(Infinity), [1]))
    yield* idle()
    yield* pool.kill()
    const [result] = yield* allSettled([mapping])
    assert.equal((result as unknown as { reason: { code: string } }).reason.code, 'GVENT_KILLED')
  })
})

test('wrong arguments are refused at once, with the corrected line', () => {
  const pool = new Pool(1)
  assert.throws(() => pool.map([1] as never, after as never), {
    name: 'TypeError',
    message: 'Pool.map: the function comes first; write group.map(fn, items)',
  })
  assert.throws(() => pool.map(after, 5 as never), {
    message: 'Pool.map(fn, items): expected an array, an iterable or an async iterable, got 5',
  })
  assert.throws(() => pool.map(after, null as never), /got null/)
  assert.throws(() => pool.map(after, new Queue<number[]>().get() as never), {
    message: 'Pool.map(fn, items): Queue.get has to be waited for first; write Pool.map(fn, yield* items)',
  })
})
