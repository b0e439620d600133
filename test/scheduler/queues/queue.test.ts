import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  Empty,
  Full,
  JoinableQueue,
  LifoQueue,
  PriorityQueue,
  Queue,
  ShutDown,
  Timeout,
  each,
  killAll,
  race,
  sleep,
  spawn,
  type Greenlet,
  run,
  type Store,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

/** Spawns a greenlet that logs what it gets. */
function getter(queue: Queue<number>, log: unknown[], name?: string): Greenlet {
  return spawn(function* () {
    const item = yield* queue.get()
    log.push(name === undefined ? item : `${name} got ${item}`)
  })
}

function putter(queue: Queue<number>, item: number, log: unknown[] = []): Greenlet {
  return spawn(function* () {
    yield* queue.put(item)
    log.push(`put ${item}`)
  })
}

/** All that is in it. */
function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = []
  while (queue.stats().size > 0 || queue.stats().putters > 0) items.push(queue.getNowait())
  return items
}

const families = [
  { name: 'Queue', make: (maxSize?: number) => new Queue<number>(maxSize) },
  { name: 'LifoQueue', make: (maxSize?: number) => new LifoQueue<number>(maxSize) },
  { name: 'PriorityQueue', make: (maxSize?: number) => new PriorityQueue<number>(maxSize) },
  { name: 'JoinableQueue', make: (maxSize?: number) => new JoinableQueue<number>(maxSize) },
]

for (const { name, make } of families) {
  test(`${name}: put and get do not switch as long as there is room and an item`, async () => {
    const queue = make()
    const log: unknown[] = []
    const greenlet = spawn(function* () {
      yield* queue.put(1)
      yield* queue.put(2)
      log.push(yield* queue.get())
      log.push(yield* queue.get())
    })
    spawn(() => void log.push('other'))
    await greenlet
    await quiet()
    assert.deepEqual(log, [...(name === 'LifoQueue' ? [2, 1] : [1, 2]), 'other'])
  })

  test(`${name}: getters are served in the order in which they came, and nobody snatches their item`, async () => {
    const queue = make()
    const log: unknown[] = []
    for (const place of ['first', 'second', 'third']) getter(queue, log, place)
    await quiet()
    assert.equal(queue.stats().getters, 3)
    queue.putNowait(1)
    assert.throws(() => queue.getNowait(), Empty)
    queue.putNowait(2)
    queue.putNowait(3)
    assert.equal(queue.empty, true)
    await quiet()
    assert.deepEqual(log, ['first got 1', 'second got 2', 'third got 3'])
  })

  test(`${name}: putters wait while it is full, and enter in the order in which they came`, async () => {
    const queue = make(2)
    const log: unknown[] = []
    for (const item of [1, 2, 3, 4]) putter(queue, item, log)
    await quiet()
    assert.deepEqual(log, ['put 1', 'put 2'])
    assert.deepEqual(
      { ...queue.stats(), full: queue.full },
      {
        size: 2,
        maxSize: 2,
        getters: 0,
        putters: 2,
        unfinishedTasks: 2,
        shutDown: false,
        full: true,
      },
    )
    queue.getNowait()
    assert.throws(() => {
      queue.putNowait(9)
    }, Full)
    queue.getNowait()
    await quiet()
    assert.deepEqual(log, ['put 1', 'put 2', 'put 3', 'put 4'])
    assert.deepEqual(drain(queue).sort(), name === 'LifoQueue' ? [1, 4] : [3, 4])
  })

  test(`${name}: raising maxSize lets putters in, lowering it keeps what is there`, async () => {
    const queue = make(1)
    const log: unknown[] = []
    for (const item of [1, 2, 3, 4]) putter(queue, item, log)
    await quiet()
    queue.maxSize = 3
    assert.equal(queue.size, 3)
    queue.maxSize = 1
    assert.equal(queue.full, true)
    queue.getNowait()
    queue.getNowait()
    assert.equal(queue.size, 1)
    await quiet()
    assert.deepEqual(log, ['put 1', 'put 2', 'put 3'])
    queue.getNowait()
    await quiet()
    assert.equal(queue.size, 1)
    assert.equal(log.length, 4)
  })

  test(`${name}: peek leaves the item, and those who wait to peek all see the next one`, async () => {
    const queue = make()
    const log: unknown[] = []
    for (let count = 0; count < 2; count++) {
      spawn(function* () {
        log.push(`saw ${yield* queue.peek()}`)
      })
    }
    getter(queue, log, 'one')
    const late = reasonOf(spawn(() => queue.peek({ timeout: 5 })))
    await quiet()
    queue.putNowait(7)
    await quiet()
    assert.deepEqual(log, ['saw 7', 'saw 7', 'one got 7'])
    assert.equal(queue.empty, true)
    await host.advance(5)
    assert.ok((await late) instanceof Timeout)
    queue.putNowait(8)
    assert.equal(queue.peekNowait(), 8)
    assert.equal(await queue.peek(), 8)
    assert.equal(queue.size, 1)
  })

  test(`${name}: get and put raise Timeout when the time is up, and did not happen`, async () => {
    const queue = make(1)
    const got = reasonOf(spawn(() => queue.get({ timeout: 10 })))
    await host.advance(10)
    assert.ok((await got) instanceof Timeout)
    queue.putNowait(1)
    const put = reasonOf(spawn(() => queue.put(2, { timeout: 10 })))
    const own = new Timeout(10)
    const mine = reasonOf(spawn(() => queue.put(3, { timeout: own })))
    await host.advance(10)
    assert.ok((await put) instanceof Timeout)
    assert.equal(await mine, own)
    assert.deepEqual(drain(queue), [1])
    assert.equal(queue.stats().getters + queue.stats().putters, 0)
  })

  test(`${name}: an item that was handed over to one who is killed then goes to the next getter`, async () => {
    const queue = make()
    const log: unknown[] = []
    const [first] = [getter(queue, log, 'first'), getter(queue, log, 'second')]
    await quiet()
    queue.putNowait(1)
    first.kill()
    assert.equal(queue.stats().getters, 0)
    await quiet()
    assert.deepEqual(log, ['second got 1'])
  })

  test(`${name}: items that nobody else waits for go back to their places, in their order`, async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const queue = make()
      const getters = [1, 2, 3].map(() => getter(queue, []))
      await quiet()
      for (const item of [1, 2, 3, 4, 5]) queue.putNowait(item)
      for (const index of order) getters[index]!.kill()
      const expected = [1, 2, 3, 4, 5]
      assert.deepEqual(drain(queue), name === 'LifoQueue' ? expected.reverse() : expected)
    }
  })

  test(`${name}: a putter that is killed takes out its own item and no equal one`, async () => {
    const queue = make(1)
    queue.putNowait(1)
    const putters = [2, 2, 2].map((item) => putter(queue, item))
    await quiet()
    queue.maxSize = 9
    queue.putNowait(2)
    assert.equal(queue.size, 5)
    putters[1]!.kill()
    assert.equal(queue.size, 4)
    putters[0]!.kill()
    putters[2]!.kill()
    assert.deepEqual(drain(queue).sort(), [1, 2])
    await quiet()
    putters[0]!.kill()
    assert.equal(queue.unfinishedTasks, 2)
  })

  test(`${name}: a putter that is killed after a getter got its item takes nothing out`, async () => {
    const queue = make(1)
    queue.putNowait(1)
    const waiting = putter(queue, 5)
    await quiet()
    assert.equal(queue.getNowait(), 1)
    assert.equal(queue.getNowait(), 5)
    queue.putNowait(5)
    waiting.kill()
    assert.deepEqual(drain(queue), [5])
  })

  test(`${name}: room that a killed putter leaves goes to the next`, async () => {
    const queue = make(1)
    const log: unknown[] = []
    queue.putNowait(1)
    const [first] = [putter(queue, 2, log), putter(queue, 3, log)]
    await quiet()
    assert.equal(queue.getNowait(), 1)
    first.kill()
    await quiet()
    assert.deepEqual(log, ['put 3'])
    assert.deepEqual(drain(queue), [3])
  })

  test(`${name}: who loses a race has taken nothing and put nothing`, async () => {
    const queue = make(1)
    const greenlet = spawn(() => race([sleep(1), queue.get()]))
    await host.advance(1)
    await greenlet
    queue.putNowait(1)
    const second = spawn(() => race([sleep(1), queue.put(2)]))
    await host.advance(1)
    await second
    assert.deepEqual(drain(queue), [1])
    queue.putNowait(1)
    assert.equal(await race([queue.get(), queue.put(5)]), 1)
    assert.deepEqual(drain(queue), [])
  })

  test(`${name}: shutdown lets getters have what is left, and raises ShutDown in all others`, async () => {
    const queue = make(1)
    queue.putNowait(1)
    const put = reasonOf(putter(queue, 2))
    await quiet()
    queue.shutdown()
    assert.ok((await put) instanceof ShutDown)
    assert.throws(() => {
      queue.putNowait(3)
    }, ShutDown)
    assert.ok((await reasonOf(queue.put(3))) instanceof ShutDown)
    assert.equal(await queue.peek(), 1)
    assert.equal(await queue.get(), 1)
    assert.ok((await reasonOf(queue.get())) instanceof ShutDown)
    assert.ok((await reasonOf(spawn(() => queue.peek()))) instanceof ShutDown)
    assert.throws(() => queue.getNowait(), ShutDown)
    assert.throws(() => queue.peekNowait(), ShutDown)
    assert.equal(queue.stats().shutDown, true)
    queue.shutdown()
  })

  test(`${name}: shutdown ends getters that wait`, async () => {
    const queue = make()
    const getters = [1, 2].map(() => reasonOf(spawn(() => queue.get())))
    await quiet()
    queue.shutdown()
    for (const error of getters) {
      assert.ok((await error) instanceof ShutDown)
      assert.equal(((await error) as ShutDown).code, 'GVENT_SHUT_DOWN')
    }
  })

  test(`${name}: an immediate shutdown drops what is left, and what a killed getter gives back`, async () => {
    const queue = make()
    const waiting = getter(queue, [])
    await quiet()
    for (const item of [1, 2, 3]) queue.putNowait(item)
    queue.shutdown({ immediate: true })
    waiting.kill()
    assert.equal(queue.size, 0)
    assert.ok((await reasonOf(queue.get())) instanceof ShutDown)
    assert.equal(await queue.join(), true)
  })

  test(`${name}: the Nowait calls work in a callback, outside of all greenlets`, async () => {
    const queue = make(1)
    assert.throws(() => queue.getNowait(), { name: 'Empty', code: 'GVENT_EMPTY' })
    assert.throws(() => queue.peekNowait(), Empty)
    queue.putNowait(1)
    assert.throws(
      () => {
        queue.putNowait(2)
      },
      { name: 'Full', code: 'GVENT_FULL', message: /is full: it holds 1 items/ },
    )
    assert.equal(queue.peekNowait(), 1)
    assert.equal(queue.getNowait(), 1)
  })

  test(`${name}: join() waits until taskDone() was called for each item`, async () => {
    const queue = make()
    assert.equal(await queue.join(), true)
    const log: unknown[] = []
    spawn(function* () {
      for (let count = 0; count < 3; count++) {
        const item = yield* queue.get()
        yield
        log.push(item)
        queue.taskDone()
      }
    })
    for (const item of [1, 2, 3]) queue.putNowait(item)
    assert.equal(queue.unfinishedTasks, 3)
    const early = spawn(() => queue.join({ timeout: 0 }))
    await spawn(function* () {
      assert.equal(yield* queue.join(), true)
      log.push('joined')
    })
    assert.equal(log.at(-1), 'joined')
    assert.equal(log.length, 4)
    await host.advance(0)
    assert.equal(await early, true)
    queue.putNowait(4)
    const again = spawn(() => queue.join({ timeout: 5 }))
    await host.advance(5)
    assert.equal(await again, false)
    queue.taskDone()
    assert.throws(
      () => {
        queue.taskDone()
      },
      {
        name: 'RangeError',
        code: 'GVENT_TASK_DONE',
        message: /already called once for each item, .* `try \{ … \} finally/,
      },
    )
  })

  test(`${name}: a put that waits counts for join() only when its item has entered`, async () => {
    const queue = make(1)
    queue.putNowait(1)
    const waiting = putter(queue, 2)
    await quiet()
    assert.equal(queue.unfinishedTasks, 1)
    queue.getNowait()
    assert.equal(queue.unfinishedTasks, 2)
    waiting.kill()
    assert.equal(queue.unfinishedTasks, 1)
  })

  test(`${name}: each() gives the items until it is shut down`, async () => {
    const queue = make()
    const log: unknown[] = []
    const consumer = spawn(function* () {
      for (const next of each(queue)) {
        const item = yield* next
        if (item.done) break
        log.push(item.value)
      }
      log.push('end')
    })
    await quiet()
    queue.putNowait(1)
    await quiet()
    queue.putNowait(2)
    queue.shutdown()
    await consumer
    assert.deepEqual(log, [1, 2, 'end'])
  })

  test(`${name}: for await gives the items until it is shut down, and leaving it early takes none`, async () => {
    const queue = make()
    const log: unknown[] = []
    for (const item of [1, 2, 3]) queue.putNowait(item)
    for await (const item of queue) {
      log.push(item)
      if (log.length === 2) break
    }
    assert.equal(queue.size, 1)
    queue.shutdown()
    for await (const item of queue) log.push(item)
    assert.equal(log.length, 3)

    const other = make()
    const iterator = other[Symbol.asyncIterator]()
    const next = iterator.next()
    await iterator.return()
    assert.equal((await next).done, true)
    other.putNowait(1)
    assert.equal((await iterator.next()).done, true)
    assert.equal(other.size, 1)
  })

  test(`${name}: a kill during each() loses no item`, async () => {
    const queue = make()
    const consumer = spawn(function* () {
      for (const next of each(queue)) yield* next
    })
    await quiet()
    queue.putNowait(1)
    consumer.kill()
    assert.deepEqual(drain(queue), [1])
  })

  test(`${name}: wrong sizes and options are refused at once`, () => {
    for (const [size, kind] of [
      [0, 'RangeError'],
      [-1, 'RangeError'],
      [1.5, 'RangeError'],
      [NaN, 'RangeError'],
      ['10', 'TypeError'],
      [{ name: 'jobs' }, 'TypeError'],
    ] as const) {
      const expected = {
        name: kind,
        code: 'GVENT_BAD_ARGUMENT',
        message: /expected a whole number from 1, got .*Channel/,
      }
      assert.throws(() => make(size as number), expected)
      const queue = make()
      assert.throws(() => {
        queue.maxSize = size as number
      }, expected)
      assert.equal(queue.maxSize, Infinity)
    }
    assert.throws(() => {
      make().shutdown(true as never)
    }, /write shutdown\(\{ immediate: true \}\)/)
    assert.throws(() => make().get(5 as never), { name: 'TypeError', message: /write \{ timeout: 5 \}/ })
    assert.throws(() => make().put(1, { timeout: -1 }), RangeError)
  })
}

test('memory follows the number of items held, and order is kept over a million of them', () => {
  const queue = new Queue<number>()
  let put = 0
  let got = 0
  for (let round = 0; round < 1000; round++) {
    const count = (round * 7919) % 1000
    for (let index = 0; index < count; index++) queue.putNowait(put++)
    while (queue.size > count / 2) assert.equal(queue.getNowait(), got++)
  }
  for (let index = 0; index < 100_000; index++) queue.putNowait(put++)
  while (!queue.empty) assert.equal(queue.getNowait(), got++)
  assert.equal(got, put)
})

test('killing half of a hundred getters and putters at bad moments keeps every item once and in order', async () => {
  const queue = new Queue<number>(3)
  const received: number[] = []
  const getters = Array.from({ length: 100 }, () =>
    spawn(function* () {
      received.push(yield* queue.get())
    }),
  )
  await quiet()
  const sent: number[] = []
  for (let round = 0; round < 50; round++) {
    queue.putNowait(round)
    sent.push(round)
    if (round % 2 === 0) getters[round]!.kill()
  }
  await quiet()
  assert.deepEqual(
    received.toSorted((a, b) => a - b),
    sent,
  )
  killAll(getters)
  await quiet()
  assert.equal(queue.stats().getters, 0)
})

test('they show their names and how they stand', async () => {
  const queue = new Queue<number>(2, { name: 'jobs' })
  assert.equal(inspect(queue), '<Queue "jobs" 0 of 2 items>')
  const waiting = [1, 2, 3].map((item) => putter(queue, item))
  await quiet()
  assert.equal(inspect(queue), '<Queue "jobs" 2 of 2 items, 1 putting>')
  killAll(waiting)
  queue.shutdown()
  assert.equal(inspect(queue), '<Queue "jobs" 2 of 2 items, shut down>')
  assert.equal(String(new LifoQueue()), 'LifoQueue')
  assert.equal(queue.get().describe(), 'Queue "jobs".get')
  assert.equal(queue.put(1).describe(), 'Queue "jobs".put')
  assert.equal(queue.peek().describe(), 'Queue "jobs".peek')
  assert.equal(queue.join().describe(), 'Queue "jobs".join')
  assert.throws(() => new Queue(1, { name: 5 as never }), TypeError)
})

for (const [name, make] of [
  ['Queue', (items: number[]) => new Queue<number>(3, { items })],
  ['LifoQueue', (items: number[]) => new LifoQueue<number>(3, { items })],
  ['PriorityQueue', (items: number[]) => new PriorityQueue<number>(3, { items })],
  ['JoinableQueue', (items: number[]) => new JoinableQueue<number>(3, { items })],
] as const) {
  test(`${name} begins with the items that it is given, which have to fit`, () => {
    const queue = make([2, 1, 3])
    assert.deepEqual([queue.size, queue.full, queue.unfinishedTasks], [3, true, 3])
    assert.throws(() => make([1, 2, 3, 4]), Full)
  })
}

test('a store of a program sees every item, also one that a getter waits for', async () => {
  const seen: string[] = []
  const held: { item: string; number: number }[] = []
  const store: Store<string> = {
    get size() {
      return held.length
    },
    shifted: 0,
    push(item, number) {
      seen.push(`in ${item}`)
      held.push({ item: item.toUpperCase(), number })
    },
    shift() {
      const { item, number } = held.shift()!
      Object.assign(store, { shifted: number })
      seen.push(`out ${item}`)
      return item
    },
    peek: () => held[0]!.item,
    restore(item, number) {
      held.unshift({ item, number })
    },
    withdraw: () => false,
  }
  const queue = new Queue<string>(Infinity, undefined, store)
  await run(function* () {
    const getter = spawn(() => queue.get())
    yield* sleep(0)
    yield* queue.put('a')
    assert.equal(yield* getter, 'A')
  })
  assert.deepEqual(seen, ['in a', 'out A'])
})

test('a queue begins with its first items, which are put in order', async () => {
  const queue = new Queue(3, { items: new Set(['a', 'b']) })
  assert.deepEqual([queue.size, await queue.get(), await queue.get(), queue.unfinishedTasks], [2, 'a', 'b', 2])
  assert.deepEqual(await new LifoQueue(2, { items: [1, 2] }).get(), 2)
  assert.deepEqual(await new PriorityQueue(Infinity, { items: [3, 1, 2] }).get(), 1)
  assert.throws(() => new Queue(1, { items: [1, 2] }), { code: 'GVENT_FULL' })
  assert.throws(
    () => new Queue(1, { items: 5 as never }),
    /new Queue\(maxSize, { items }\): expected an iterable, got 5/,
  )
})
