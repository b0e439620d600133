import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Barrier,
  BoundedSemaphore,
  Channel,
  Condition,
  Event,
  JoinableQueue,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  ShutDown,
  WaitGroup,
  each,
  joinAll,
  race,
  shield,
  sleep,
  spawn,
  type Coroutine,
  type Operation,
} from 'gvent'
import { cancelEverywhere, explore } from 'gvent/testing'

/**
 * Runs a program under many schedules, under many with kills and timeouts, and with each possible kill and timeout; its
 * own greenlet is spared, which sees to it that all ends well.
 */
function ordeal(name: string, body: () => Coroutine<void>): void {
  const program = (): Operation<void> => shield(body)
  test(`${name}, whatever the order`, async () => {
    await explore(program, { schedules: 150 })
  })
  test(`${name}, whoever is killed or timed out in whatever order`, async () => {
    await explore(program, { schedules: 150, cancel: true })
  })
  test(`${name}, wherever one is killed or timed out`, async () => {
    await cancelEverywhere(program)
  })
}

for (const makeOne of [
  () => new Semaphore(2),
  () => new BoundedSemaphore(2),
  () => new Semaphore(1),
  () => new Lock(),
  () => new RLock(),
]) {
  const { name } = makeOne().constructor
  const limit = makeOne() instanceof Lock ? 1 : (makeOne() as Semaphore).value

  ordeal(`${name} of ${limit}: never more than ${limit} inside, and all is free in the end`, function* () {
    const one = makeOne()
    let inside = 0
    const enter = function* (): Coroutine<void> {
      yield* one.wait()
      using permit = yield* one.acquire({ timeout: 20 })
      if (permit === undefined) return
      inside++
      assert.ok(inside <= limit, `${inside} inside`)
      try {
        yield* sleep(1)
        if (one instanceof RLock) {
          using _again = yield* one.acquire()
          yield
        }
      } finally {
        inside--
      }
    }
    const choose = function* (): Coroutine<void> {
      using _permit = (yield* race([one.acquire(), sleep(2)])) ?? undefined
      yield
    }
    yield* joinAll([spawn(enter), spawn(enter), spawn(choose), spawn(enter), spawn(choose)])
    assert.deepEqual([inside, one.locked, one.stats().waiting], [0, false, 0])
    for (let count = 0; count < limit; count++) assert.notEqual(one.acquireNowait(), undefined)
    assert.equal(one.locked, true)
  })
}

/** Makes a function that ends when the queue does. */
function untilShutDown<A extends unknown[]>(fn: (...args: A) => Coroutine<void>): (...args: A) => Coroutine<void> {
  return function* (...args: A): Coroutine<void> {
    try {
      yield* fn(...args)
    } catch (error) {
      if (!(error instanceof ShutDown)) throw error
    }
  }
}

const queues: [name: string, make: () => Queue<number>, inOrder: boolean][] = [
  ['Queue without a limit', () => new Queue(), true],
  ['Queue of 1', () => new Queue(1), true],
  ['Queue of 2', () => new Queue(2), true],
  ['JoinableQueue of 1', () => new JoinableQueue(1), true],
  ['LifoQueue of 2', () => new LifoQueue(2), false],
  ['PriorityQueue of 2', () => new PriorityQueue(2), false],
  ['Channel', () => new Channel(), true],
]

for (const [name, make, inOrder] of queues) {
  ordeal(`${name}: no item is lost, none comes twice`, function* () {
    const queue = make()
    const begun: number[] = []
    const put: number[] = []
    const got: number[] = []
    const producer = untilShutDown(function* (first: number) {
      for (let item = first; item < first + 3; item++) {
        begun.push(item)
        yield* queue.put(item)
        put.push(item)
      }
    })
    const consumer = function* (): Coroutine<void> {
      for (const next of each(queue)) {
        const item = yield* next
        if (item.done) break
        got.push(item.value)
        yield
      }
    }
    const fickle = untilShutDown(function* () {
      const item = yield* race([queue.get(), sleep(1)])
      if (item !== undefined) got.push(item)
    })
    const producers = [spawn(producer, 10), spawn(producer, 20)]
    const consumers = [spawn(consumer), spawn(fickle), spawn(consumer)]
    yield* race([joinAll(producers), joinAll(consumers)])
    queue.shutdown()
    yield* joinAll([...producers, ...consumers])
    while (queue.size > 0) got.push(queue.getNowait())
    assert.deepEqual(got.toSorted(), [...new Set(got)].toSorted(), `twice: put ${put.join()} got ${got.join()}`)
    for (const item of put) assert.ok(got.includes(item), `lost: put ${put.join()} got ${got.join()}`)
    for (const item of got) assert.ok(begun.includes(item))
    assert.deepEqual(
      { ...queue.stats(), unfinishedTasks: 0, maxSize: 0 },
      {
        size: 0,
        maxSize: 0,
        getters: 0,
        putters: 0,
        unfinishedTasks: 0,
        shutDown: true,
      },
    )
  })

  if (!inOrder) continue

  ordeal(`${name}: the items of one producer come to one consumer in their order`, function* () {
    const queue = make()
    const got: number[] = []
    const consumer = untilShutDown(function* () {
      for (;;) {
        got.push(yield* queue.get())
        yield
      }
    })
    const producer = spawn(
      untilShutDown(function* () {
        for (let item = 1; item <= 4; item++) yield* queue.put(item)
      }),
    )
    const consumers = spawn(function* () {
      yield* joinAll([spawn(consumer)])
      yield* joinAll([spawn(consumer)])
    })
    yield* race([producer.join(), consumers.join()])
    queue.shutdown()
    yield* joinAll([producer, consumers])
    assert.deepEqual(
      got,
      got.toSorted((a, b) => a - b),
    )
  })
}

ordeal('Condition: a buffer of two places between producers and consumers', function* () {
  const changed = new Condition()
  const buffer: number[] = []
  let inside = 0
  const exclusively = function* (ready: () => boolean, act: () => void): Coroutine<boolean> {
    using _permit = yield* changed.acquire()
    assert.equal(++inside, 1)
    try {
      inside--
      let held = false
      try {
        held = yield* changed.waitFor(ready, { timeout: 50 })
      } finally {
        assert.equal(++inside, 1)
      }
      if (!held) return false
      yield
      act()
      changed.notify()
      return true
    } finally {
      inside--
    }
  }
  let made = 0
  let used = 0
  const producer = function* (): Coroutine<void> {
    for (let count = 0; count < 2; count++) {
      yield* exclusively(
        () => buffer.length < 2,
        () => {
          buffer.push(++made)
        },
      )
    }
  }
  const consumer = function* (): Coroutine<void> {
    for (let count = 0; count < 2; count++) {
      yield* exclusively(
        () => buffer.length > 0,
        () => {
          assert.equal(buffer.shift(), ++used)
        },
      )
    }
  }
  yield* joinAll([spawn(producer), spawn(consumer), spawn(consumer), spawn(producer)])
  assert.equal(made - used, buffer.length)
  assert.deepEqual([changed.lock.locked, changed.stats().waiting], [false, 0])
})

ordeal('Barrier, WaitGroup and Event leave nobody behind', function* () {
  const barrier = new Barrier(2)
  const group = new WaitGroup()
  const event = new Event()
  const places: (number | undefined)[] = []
  const party = function* (): Coroutine<void> {
    group.add()
    try {
      yield* event.wait()
      places.push(yield* barrier.wait({ timeout: 10 }))
    } catch (error) {
      if ((error as Error).name !== 'BrokenBarrierError') throw error
    } finally {
      group.done()
    }
  }
  const parties = [spawn(party), spawn(party)]
  yield* sleep(1)
  event.set()
  yield* group.wait()
  yield* joinAll(parties)
  assert.deepEqual([barrier.waiting, group.count, event.stats().waiting], [0, 0, 0])
  if (places.length === 2 && !places.includes(undefined)) assert.deepEqual(places.toSorted(), [0, 1])
})
