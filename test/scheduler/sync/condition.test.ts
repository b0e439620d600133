import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Condition, Lock, RLock, Timeout, all, race, sleep, spawn, withTimeout, type Greenlet } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

function waiter(condition: Condition, log: string[], name: string) {
  return spawn(function* () {
    using _permit = yield* condition.acquire()
    assert.equal(yield* condition.wait(), true)
    assert.equal(condition.lock.locked, true)
    log.push(name)
  })
}

function notifier(condition: Condition, count?: number) {
  return spawn(function* () {
    using _permit = yield* condition.acquire()
    condition.notify(count)
  })
}

for (const makeLock of [() => new Lock(), () => new RLock()]) {
  const { name } = makeLock().constructor

  test(`${name}: wait() releases the lock, and has it again when it is notified`, async () => {
    const condition = new Condition(makeLock())
    const log: string[] = []
    const waiting: Greenlet = spawn(function* () {
      using permit = yield* condition.acquire()
      log.push('waits')
      yield* condition.wait()
      assert.equal(permit.held, true)
      assert.equal(condition.lock.owner, waiting)
      log.push('goes on')
    })
    await spawn(function* () {
      using _permit = yield* condition.acquire()
      condition.notify()
      yield
      log.push('notifier still has the lock')
    })
    await waiting
    assert.deepEqual(log, ['waits', 'notifier still has the lock', 'goes on'])
    assert.equal(condition.lock.locked, false)
  })
}

test('notify() wakes those first that came first, as many as it is told', async () => {
  const condition = new Condition()
  const log: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) waiter(condition, log, name)
  await quiet()
  assert.equal(condition.stats().waiting, 4)
  await notifier(condition)
  await quiet()
  assert.deepEqual(log, ['a'])
  await notifier(condition, 2)
  await quiet()
  assert.deepEqual(log, ['a', 'b', 'c'])
  await notifier(condition, 0)
  await notifier(condition, 100)
  await quiet()
  assert.deepEqual(log, ['a', 'b', 'c', 'd'])
  await notifier(condition)
})

test('notifyAll() wakes all that wait, and none of those who come later', async () => {
  const condition = new Condition()
  const log: string[] = []
  for (const name of ['a', 'b', 'c']) waiter(condition, log, name)
  await quiet()
  await spawn(function* () {
    using _permit = yield* condition.acquire()
    condition.notifyAll()
  })
  const late = waiter(condition, log, 'late')
  await quiet()
  assert.deepEqual(log, ['a', 'b', 'c'])
  late.kill()
})

test('all levels of an RLock are released and come back', async () => {
  const lock = new RLock()
  const condition = new Condition(lock)
  const waiting = spawn(function* () {
    using _outer = yield* lock.acquire()
    using _inner = yield* lock.acquire()
    yield* condition.wait()
    assert.equal(lock.depth, 2)
  })
  await quiet()
  assert.equal(lock.locked, false)
  await notifier(condition)
  await waiting
  assert.equal(lock.locked, false)
})

test('wait() gives false when the time is up, with the lock held again', async () => {
  const condition = new Condition()
  const waiting = spawn(function* () {
    using _permit = yield* condition.acquire()
    assert.equal(yield* condition.wait({ timeout: 10 }), false)
    assert.equal(condition.lock.locked, true)
    return 'held'
  })
  const other = spawn(function* () {
    using _permit = yield* condition.acquire()
    yield* sleep(50)
  })
  await host.advance(49)
  assert.equal(waiting.dead, false, 'it has to wait for the lock even so')
  await host.advance(1)
  await other
  assert.equal(await waiting, 'held')
})

test('a kill and an outer Timeout are raised with the lock held again', async () => {
  const condition = new Condition()
  const log: string[] = []
  const killed: Greenlet = spawn(function* () {
    using _permit = yield* condition.acquire()
    try {
      yield* condition.wait()
    } finally {
      assert.equal(condition.lock.owner, killed)
      log.push('killed')
    }
  })
  const timedOut: Greenlet = spawn(function* () {
    using _permit = yield* condition.acquire()
    using _limit = Timeout.start(5)
    try {
      yield* condition.wait()
    } finally {
      assert.equal(condition.lock.owner, timedOut)
      log.push('timed out')
    }
  })
  const reason = reasonOf(timedOut)
  const holder = spawn(function* () {
    using _permit = yield* condition.acquire()
    yield* sleep(20)
    log.push('released')
  })
  await quiet()
  killed.kill()
  await host.advance(20)
  await holder
  assert.ok((await reason) instanceof Timeout)
  assert.deepEqual(log, ['released', 'killed', 'timed out'])
  assert.equal(condition.lock.locked, false)
  assert.equal(condition.stats().waiting, 0)
})

test('a notification for one that is killed before it goes on goes to the next', async () => {
  const condition = new Condition()
  const log: string[] = []
  const first = waiter(condition, log, 'first')
  const second = waiter(condition, log, 'second')
  await quiet()
  spawn(function* () {
    using _permit = yield* condition.acquire()
    condition.notify()
    first.kill()
  })
  await second
  assert.deepEqual(log, ['second'])
})

test('waitFor() goes on when the predicate is true, whoever else is notified', async () => {
  const condition = new Condition()
  let stock = 0
  const eaten: number[] = []
  const consumers = [3, 1].map((need) =>
    spawn(function* () {
      using _permit = yield* condition.acquire()
      assert.equal(yield* condition.waitFor(() => stock >= need), true)
      stock -= need
      eaten.push(need)
    }),
  )
  for (let round = 0; round < 4; round++) {
    await spawn(function* () {
      using _permit = yield* condition.acquire()
      stock++
      condition.notifyAll()
    })
    await quiet()
  }
  for (const consumer of consumers) await consumer
  assert.deepEqual(eaten, [1, 3])
  assert.equal(stock, 0)
  await spawn(function* () {
    using _permit = yield* condition.acquire()
    assert.equal(yield* condition.waitFor(() => 'at once'), true)
  })
})

test('the timeout of waitFor() is for all of it', async () => {
  const condition = new Condition()
  const results = [10, new Timeout(10)].map((timeout) =>
    spawn(function* () {
      using _permit = yield* condition.acquire()
      return yield* condition.waitFor(() => false, { timeout })
    }),
  )
  await quiet()
  for (let time = 0; time < 10; time += 2) {
    for (const result of results) assert.equal(result.dead, false)
    await notifier(condition, 2)
    await host.advance(2)
  }
  for (const result of results) assert.equal(await result, false)
})

test('waitFor() raises what the predicate raises, with the lock held', async () => {
  const condition = new Condition()
  const failing = spawn(function* () {
    using permit = yield* condition.acquire()
    try {
      yield* condition.waitFor(() => {
        throw new Error('predicate')
      })
    } finally {
      assert.equal(permit.held, true)
    }
  })
  assert.equal(((await reasonOf(failing)) as Error).message, 'predicate')
  assert.equal(condition.lock.locked, false)
})

test('it works outside of greenlets, and under withTimeout', async () => {
  const condition = new Condition()
  const outside = (async () => {
    using _permit = await condition.acquire()
    assert.equal(await condition.wait(), true)
    assert.equal(condition.lock.locked, true)
    assert.equal(await condition.waitFor(() => true), true)
    condition.notifyAll()
    return 'notified'
  })()
  await quiet()
  await notifier(condition)
  assert.equal(await outside, 'notified')
  assert.equal(condition.lock.locked, false)
  const limited = spawn(function* () {
    using _permit = yield* condition.acquire()
    return yield* withTimeout(5, condition.wait(), { value: 'late' })
  })
  await host.advance(5)
  assert.equal(await limited, 'late')
  assert.equal(condition.lock.locked, false)
})

test('who does not hold the lock is refused', async () => {
  const condition = new Condition(new Lock({ name: 'stock' }), { name: 'changed' })
  const unheld = { code: 'GVENT_NOT_HELD', message: /^Condition "changed"\.notify\(\): Lock "stock" is not held\./ }
  assert.throws(() => {
    condition.notify()
  }, unheld)
  assert.throws(() => {
    condition.notifyAll()
  }, unheld)
  for (const work of [() => condition.wait(), () => condition.waitFor(() => true)]) {
    const error = (await reasonOf(spawn(work))) as Error
    assert.match(error.message, /^Condition "changed"\.wait.*: Lock "stock" is not held/)
  }
  await condition.acquire()
  const error = (await reasonOf(spawn(() => condition.wait()))) as Error
  assert.match(error.message, /by <Greenlet .*: code outside of greenlets holds Lock "stock"/)
  condition.release()
  for (const combine of [race, all]) {
    const racing = spawn(function* () {
      using _permit = yield* condition.acquire()
      yield* combine([condition.wait(), sleep(1)])
    })
    assert.match(((await reasonOf(racing)) as Error).message, /holds Lock "stock"/)
  }
  assert.equal(condition.lock.locked, false)
})

test('it shows its name and how it stands; wrong arguments are refused', async () => {
  const condition = new Condition(undefined, { name: 'changed' })
  const waiting = waiter(condition, [], 'one')
  await quiet()
  assert.equal(inspect(condition), '<Condition "changed" over RLock "changed", 1 waiting>')
  assert.deepEqual(condition.stats().waiting, 1)
  waiting.kill()
  assert.throws(() => new Condition({ name: 'x' } as never), {
    name: 'TypeError',
    message: /expected a Lock or RLock, got an object/,
  })
  assert.throws(() => condition.waitFor(true as never), { name: 'TypeError', message: /waitFor\(\(\) => stock > 0\)/ })
  assert.throws(() => {
    condition.notify(-1)
  }, RangeError)
  assert.throws(() => {
    condition.notify('all' as never)
  }, TypeError)
  assert.throws(() => condition.wait(5 as never), TypeError)
  assert.throws(() => condition.waitFor(() => true, { timeout: NaN }), RangeError)
})
