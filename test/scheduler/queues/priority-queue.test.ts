import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LifoQueue, PriorityQueue, spawn } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

installVirtualHost()

function drain<T>(queue: PriorityQueue<T>): T[] {
  return Array.from({ length: queue.size }, () => queue.getNowait())
}

/** The same numbers each time. */
function* noise(count: number, limit: number): Generator<number> {
  let state = 12345
  for (let index = 0; index < count; index++) {
    state = (state * 1103515245 + 12345) % 2 ** 31
    yield state % limit
  }
}

test('the lowest comes first', () => {
  const queue = new PriorityQueue<number>()
  const numbers = [...noise(5000, 1000)]
  for (const number of numbers) queue.putNowait(number)
  assert.equal(queue.peekNowait(), Math.min(...numbers))
  assert.deepEqual(
    drain(queue),
    numbers.toSorted((a, b) => a - b),
  )
})

test('of equal items the one that was put first comes first', () => {
  const queue = new PriorityQueue<{ due: number; index: number }>(Infinity, { compare: (a, b) => a.due - b.due })
  const items = [...noise(2000, 7)].map((due, index) => ({ due, index }))
  for (const item of items) queue.putNowait(item)
  assert.deepEqual(
    drain(queue),
    items.toSorted((a, b) => a.due - b.due || a.index - b.index),
  )
})

test('puts and gets in any mixture keep the order', () => {
  const queue = new PriorityQueue<number>()
  let model: number[] = []
  for (const number of noise(5000, 100)) {
    if (number % 3 === 0 && model.length > 0) {
      model = model.toSorted((a, b) => a - b)
      assert.equal(queue.getNowait(), model.shift())
    } else {
      queue.putNowait(number)
      model.push(number)
    }
  }
})

test('[priority, item] is compared by priority, and what has no order beyond it does not matter', () => {
  const queue = new PriorityQueue<[number, ...unknown[]]>()
  queue.putNowait([2, { job: 'sweep' }])
  queue.putNowait([10, 'later'])
  queue.putNowait([1, { job: 'b' }])
  queue.putNowait([1, { job: 'a' }])
  queue.putNowait([3, 'y'])
  queue.putNowait([3, 'x'])
  assert.deepEqual(drain(queue), [
    [1, { job: 'b' }],
    [1, { job: 'a' }],
    [2, { job: 'sweep' }],
    [3, 'x'],
    [3, 'y'],
    [10, 'later'],
  ])
})

test('texts, dates, big integers and infinities have an order', () => {
  const texts = new PriorityQueue<string>()
  for (const text of ['pear', 'apple', 'fig']) texts.putNowait(text)
  assert.deepEqual(drain(texts), ['apple', 'fig', 'pear'])
  const dates = new PriorityQueue<Date>()
  for (const time of [3, 1, 2]) dates.putNowait(new Date(time))
  assert.deepEqual(drain(dates).map(Number), [1, 2, 3])
  const numbers = new PriorityQueue<number | bigint>()
  for (const number of [Infinity, 5n, -Infinity, 2, Infinity]) numbers.putNowait(number)
  assert.deepEqual(drain(numbers), [-Infinity, 2, 5n, Infinity, Infinity])
})

test('an item that has no order is refused by put, with the two ways out', async () => {
  const queue = new PriorityQueue<unknown>()
  for (const item of [{ priority: 1 }, NaN, undefined, null, [{}, 1], [], new Date(NaN), true]) {
    assert.throws(
      () => {
        queue.putNowait(item)
      },
      {
        name: 'TypeError',
        code: 'GVENT_BAD_ARGUMENT',
        message: /has no order\. Put \[priority, item\], or make the queue with \{ compare: /,
      },
    )
  }
  assert.equal(queue.size, 0)
  queue.putNowait(1)
  assert.ok((await reasonOf(spawn(() => queue.put('one')))) instanceof TypeError)
  assert.ok((await reasonOf(queue.put([1]))) instanceof TypeError)
  assert.deepEqual(drain(queue), [1])
  assert.equal(queue.unfinishedTasks, 1)
})

test('a putter that waited with an item that has no order gets the error itself', async () => {
  const queue = new PriorityQueue<unknown>(1)
  queue.putNowait(1)
  const bad = reasonOf(spawn(() => queue.put({})))
  const good = spawn(() => queue.put(2))
  await quiet()
  assert.equal(queue.getNowait(), 1)
  assert.ok((await bad) instanceof TypeError)
  await good
  assert.deepEqual(drain(queue), [2])
})

test('a comparison that gives no number, or raises, is an error and changes nothing', () => {
  for (const compare of [(a: number, b: number) => a < b, () => undefined, () => NaN, () => '1']) {
    const queue = new PriorityQueue<number>(Infinity, { compare: compare as never })
    queue.putNowait(1)
    assert.throws(
      () => {
        queue.putNowait(2)
      },
      { name: 'TypeError', message: /compare\(a, b\) of a PriorityQueue returned .* must return a number: write/ },
    )
    assert.equal(queue.size, 1)
  }

  let raises = false
  const queue = new PriorityQueue<number>(Infinity, {
    compare: (a, b) => {
      if (raises) throw new Error('no order today')
      return a - b
    },
  })
  for (const number of [5, 3, 4, 1, 2]) queue.putNowait(number)
  raises = true
  assert.throws(() => queue.getNowait(), /no order today/)
  assert.throws(() => {
    queue.putNowait(0)
  }, /no order today/)
  assert.equal(queue.size, 5)
  raises = false
  assert.deepEqual(drain(queue), [1, 2, 3, 4, 5])
})

test('a comparison that is none is refused at once', () => {
  assert.throws(() => new PriorityQueue(1, { compare: 'priority' as never }), {
    name: 'TypeError',
    message: /expected a function, got "priority"; write \{ compare: \(a, b\) => a\.priority - b\.priority \}/,
  })
})

test('a LifoQueue gives the last first', () => {
  const queue = new LifoQueue<number>()
  for (const number of [1, 2, 3]) queue.putNowait(number)
  assert.equal(queue.peekNowait(), 3)
  assert.equal(queue.getNowait(), 3)
  queue.putNowait(4)
  assert.deepEqual(
    Array.from({ length: 3 }, () => queue.getNowait()),
    [4, 2, 1],
  )
})
