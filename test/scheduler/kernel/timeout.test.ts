import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue, Timeout, sleep, spawn, type Coroutine } from 'gvent/scheduler'
import { installVirtualHost } from './virtual-host.js'

const host = installVirtualHost()

/** Runs `fn` as a greenlet while the clock goes on. */
async function running<T>(milliseconds: number, fn: () => Coroutine<T>): Promise<T> {
  const greenlet = spawn(fn)
  const ended = greenlet.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error
    },
  )
  await host.advance(milliseconds)
  return (await ended)()
}

test('a timeout is raised where its greenlet waits, with the line in its stack', async () => {
  const error = await running(10, function* waiter() {
    using timeout = Timeout.start(10)
    assert.equal(timeout.pending, true)
    try {
      yield* sleep(100)
    } catch (raised) {
      assert.equal(raised, timeout)
      assert.equal(timeout.pending, false)
      return raised
    }
    return undefined
  })
  assert.ok(error instanceof Timeout && error instanceof Error)
  assert.deepEqual(
    [error.name, error.code, error.message, error.milliseconds],
    ['Timeout', 'GVENT_TIMEOUT', 'timed out after 10 ms', 10],
  )
  assert.match(error.stack!, /^Timeout: timed out after 10 ms\n {4}at .*waiter.*timeout\.test/)
})

test('one that is closed before its time raises nothing', async () => {
  const value = await running(100, function* () {
    {
      using _timeout = Timeout.start(10)
      yield* sleep(9)
    }
    yield* sleep(50)
    return 'went on'
  })
  assert.equal(value, 'went on')
  assert.equal(host.pendingTimers, 0)
})

test('it interrupts only the greenlet that started it', async () => {
  const other = spawn(() => sleep(20))
  await running(10, function* () {
    using timeout = Timeout.start(10)
    try {
      yield* other
    } catch (error) {
      assert.equal(error, timeout)
    }
  })
  await host.advance(10)
  assert.equal(other.successful, true)
})

test('a given error is raised in its place, a text becomes its message', async () => {
  const error = new Error('own')
  const raised = (given: Error | string) =>
    running(1, function* () {
      using timeout = Timeout.start(1, given)
      try {
        yield* sleep(5)
      } catch (caught) {
        return [caught, timeout] as const
      }
      return undefined
    })
  assert.equal((await raised(error))![0], error)
  const [caught, timeout] = (await raised('the peer does not answer'))!
  assert.equal(caught, timeout)
  assert.equal(timeout.message, 'the peer does not answer')
})

test('the class of an error is raised as one of it', async () => {
  class Late extends Error {}
  const [caught, timeout] = await running(1, function* () {
    using timeout = Timeout.start(1, Late)
    try {
      yield* sleep(5)
    } catch (caught) {
      return [caught, timeout] as const
    }
    return [undefined, timeout] as const
  })
  assert.ok(caught instanceof Late)
  assert.equal(caught, timeout.error)
})

test('the outer one passes through the inner one, even if that is silent', async () => {
  for (const error of [undefined, false] as const) {
    const log = await running(10, function* () {
      const log: string[] = []
      using outer = Timeout.start(5)
      try {
        using inner = Timeout.start(8, error)
        try {
          yield* sleep(20)
        } finally {
          log.push(`inner pending: ${inner.pending}`)
        }
      } catch (caught) {
        log.push(caught === outer ? 'outer' : 'other')
      }
      yield* sleep(5)
      return log
    })
    assert.deepEqual(log, ['inner pending: true', 'outer'])
  }
  assert.equal(host.pendingTimers, 0)
})

test('the inner one leaves the outer one running', async () => {
  const log = await running(10, function* () {
    const log: string[] = []
    using outer = Timeout.start(8)
    try {
      try {
        using inner = Timeout.start(3)
        yield* sleep(20)
        log.push(`not reached ${inner.milliseconds}`)
      } catch {
        log.push(`outer pending: ${outer.pending}`)
      }
      yield* sleep(20)
    } catch (caught) {
      log.push(caught === outer ? 'outer' : 'other')
    }
    return log
  })
  assert.deepEqual(log, ['outer pending: true', 'outer'])
})

test('of two that expire together, the one that is closed while the other unwinds is not raised any more', async () => {
  for (const [outerLimit, innerLimit] of [
    [5, 5],
    [5, 6],
  ] as const) {
    const raised = await running(20, function* () {
      const raised: unknown[] = []
      using outer = Timeout.start(outerLimit)
      try {
        using _inner = Timeout.start(innerLimit)
        yield* sleep(4)
        host.burn(5)
        yield* sleep(20)
      } catch (error) {
        raised.push(error === outer)
      }
      yield
      yield* sleep(1)
      return raised
    })
    assert.deepEqual(raised, [true])
  }
})

test('one that never expires: without a limit, null, Infinity', async () => {
  for (const limit of [undefined, null, Infinity]) {
    const value = await running(10, function* () {
      using timeout = Timeout.start(limit)
      assert.deepEqual([timeout.pending, timeout.milliseconds], [true, Infinity])
      yield* sleep(10)
      return 'went on'
    })
    assert.equal(value, 'went on')
  }
})

test('one of 0 ms expires at the next look at the clock: giving way passes it, sleeping does not', async () => {
  const value = await running(5, function* () {
    using timeout = Timeout.start(0)
    yield
    yield* sleep(0)
    try {
      yield* sleep(1)
    } catch (error) {
      return error === timeout
    }
    return undefined
  })
  assert.equal(value, true)
})

test('code that does not wait is not interrupted', async () => {
  const value = await running(20, function* () {
    using timeout = Timeout.start(5)
    host.burn(10)
    const pending = timeout.pending
    yield
    return pending
  })
  assert.equal(value, true)
})

test('starting one twice is an error; cancelled, it can be started again; closed, it cannot', async () => {
  await running(20, function* () {
    const timeout = new Timeout(5)
    assert.equal(timeout.start(), timeout)
    assert.throws(() => timeout.start(), { name: 'TypeError', message: /running already.*cancel\(\)/ })
    assert.equal(Timeout.start(timeout), timeout)
    timeout.cancel()
    timeout.cancel()
    assert.equal(timeout.pending, false)
    yield* sleep(7)
    timeout.start()
    try {
      yield* sleep(20)
    } catch (error) {
      assert.equal(error, timeout)
    }
    timeout.close()
    timeout.close()
    assert.throws(() => timeout.start(), { name: 'TypeError', message: /closed.*make a new one/ })
  })
})

test('one that expired can be started again, and raises again', async () => {
  const count = await running(20, function* () {
    const timeout = new Timeout(5)
    let count = 0
    for (let round = 0; round < 3; round++) {
      timeout.start()
      try {
        yield* sleep(20)
      } catch (error) {
        assert.equal(error, timeout)
        count++
      }
    }
    return count
  })
  assert.equal(count, 3)
})

test('outside of a greenlet it cannot be started, and the error says what to write', () => {
  assert.throws(() => Timeout.start(5), { name: 'NotInGreenletError', message: /await withTimeout\(/ })
  assert.throws(() => new Timeout(5).start(), { name: 'NotInGreenletError' })
})

test('a limit that is no duration is refused', () => {
  assert.throws(() => new Timeout(-1), { name: 'RangeError', message: /new Timeout\(milliseconds\).*got -1/ })
  assert.throws(() => new Timeout(NaN), { name: 'RangeError', message: /got NaN/ })
  assert.throws(() => new Timeout('5' as never), { name: 'TypeError', message: /got "5"/ })
  for (const error of [42, true, null, {}, { message: 'm' }]) {
    assert.throws(() => new Timeout(5, error as never), {
      name: 'TypeError',
      message: /expected an Error, a text or false/,
    })
  }
  assert.throws(() => Timeout.start({} as never), { name: 'TypeError', message: /got an object/ })
})

test('one that its greenlet forgot does no harm after the end', async () => {
  const greenlet = spawn(function* () {
    Timeout.start(5)
    yield
    return 'done'
  })
  await host.advance(10)
  assert.equal(await greenlet, 'done')
  assert.equal(greenlet.successful, true)
})

test('an uncaught one ends the greenlet like any error, and is reported', async () => {
  const greenlet = spawn(function* () {
    Timeout.start(5)
    yield* sleep(10)
  })
  await host.advance(5)
  assert.ok(greenlet.error instanceof Timeout)
  assert.match(host.takeReports().join(), /ended with an error:\nTimeout.*timed out after 5 ms/)
})

test('a wait that is interrupted leaves nothing behind, and what it waited for can be used again', async () => {
  const queue = new Queue<string>()
  const value = await running(20, function* () {
    try {
      using _timeout = Timeout.start(5)
      yield* queue.get()
    } catch {
      assert.equal(queue.stats().getters, 0)
    }
    spawn(() => queue.put('item'))
    return yield* queue.get()
  })
  assert.equal(value, 'item')
})
