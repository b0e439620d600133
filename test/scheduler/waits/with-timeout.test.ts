import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  Queue,
  Timeout,
  call,
  green,
  sleep,
  spawn,
  until,
  withTimeout,
  type Coroutine,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

function* slow(result = 'slow'): Coroutine<string> {
  yield* sleep(100)
  return result
}

/** Everything that may be given a limit, each ending after 100 ms. */
const works: Record<string, () => unknown> = {
  'a generator function': () => slow,
  'a coroutine': () => slow(),
  'an operation': () => sleep(100),
  'a green function': () => green(slow),
  'its operation': () => green(slow)(),
  call: () => call(slow),
  'a greenlet': () => spawn(slow),
  'a plain function': () => () => sleep(100),
  'an async function': () => async () => sleep(100),
  'a promise': () => spawn(slow).then((value) => value),
}

for (const [name, work] of Object.entries(works)) {
  test(`${name} in time gives its result, inside and outside`, async () => {
    const inside = spawn(() => withTimeout(101, work()))
    const outside = withTimeout(101, work()).then((value) => value)
    await host.advance(100)
    const expected = await spawn(() => withTimeout(1, Promise.resolve(inside)))
    assert.ok(expected === 'slow' || expected === undefined)
    assert.equal(await outside, expected)
  })

  test(`${name} out of time raises the Timeout, or gives the value`, async () => {
    const raised = [
      reasonOf(spawn(() => withTimeout(10, work()))),
      reasonOf(withTimeout(10, work())),
      reasonOf(
        spawn(function* () {
          yield* withTimeout(10, work())
        }),
      ),
    ]
    const values = [
      spawn(() => withTimeout(10, work(), { value: 'late' })),
      withTimeout(10, work(), { value: 'late' }).then((value) => value),
    ]
    await host.advance(10)
    for (const error of await Promise.all(raised)) {
      assert.ok(error instanceof Timeout)
      assert.equal(error.milliseconds, 10)
    }
    assert.deepEqual(await Promise.all(values), ['late', 'late'])
    await host.advance(100)
  })
}

test('the value may be undefined, null or false', async () => {
  for (const value of [undefined, null, false, 0]) {
    const greenlet = spawn(() => withTimeout(1, sleep(5), { value }))
    await host.advance(1)
    assert.equal(await greenlet, value)
  }
})

test('the value is given for its own timeout only', async () => {
  const greenlet = spawn(function* () {
    using outer = Timeout.start(5)
    try {
      return yield* withTimeout(10, sleep(20), { value: 'inner' })
    } catch (error) {
      return error === outer ? 'outer' : 'other'
    }
  })
  await host.advance(10)
  assert.equal(await greenlet, 'outer')
})

test('nested ones: each catches its own', async () => {
  const nest = (outer: number, inner: number) =>
    spawn(() => withTimeout(outer, withTimeout(inner, sleep(50), { value: 'inner' }), { value: 'outer' }))
  const results = [nest(10, 20), nest(20, 10), nest(10, 10)]
  await host.advance(20)
  assert.deepEqual(await Promise.all(results.slice(0, 2)), ['outer', 'inner'])
  assert.match(String(await results[2]), /^(outer|inner)$/)
  assert.equal(host.pendingTimers, 0)
})

test('errors of the work pass through, a Timeout of its own too', async () => {
  for (const error of [new Error('work'), new Timeout(10), new GreenletExit()]) {
    const greenlet = spawn(function* () {
      try {
        return yield* withTimeout(10, until(Promise.reject(error)), { value: 'late' })
      } catch (caught) {
        return caught
      }
    })
    assert.equal(await greenlet, error)
  }
  assert.equal(host.pendingTimers, 0)
})

test('a Timeout object: it is what is raised; its own error instead; false gives undefined', async () => {
  const error = new Error('own')
  const plain = new Timeout(5)
  const withError = new Timeout(5, error)
  const outcomes = [
    reasonOf(spawn(() => withTimeout(plain, sleep(20)))),
    reasonOf(spawn(() => withTimeout(withError, sleep(20)))),
    spawn(() => withTimeout(new Timeout(5, false), sleep(20))),
    spawn(() => withTimeout(new Timeout(5, error), sleep(20), { value: 'late' })),
  ]
  await host.advance(5)
  assert.deepEqual(await Promise.all(outcomes), [plain, error, undefined, 'late'])
  assert.equal(plain.pending, false)
})

test('no limit: null and Infinity', async () => {
  for (const limit of [null, Infinity]) {
    const greenlet = spawn(() => withTimeout(limit, slow))
    await host.advance(100)
    assert.equal(await greenlet, 'slow')
  }
})

test('it is lazy, and can be waited for by many at a time', async () => {
  const operation = withTimeout(5, () => slow(), { value: 'late' })
  await host.advance(50)
  const waiters = [spawn(() => operation), spawn(() => operation), operation.then((value) => value)]
  await host.advance(5)
  assert.deepEqual(await Promise.all(waiters), ['late', 'late', 'late'])
})

test('the work is interrupted where it waits, and its cleanup ends before the timeout is raised', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    const work = function* (): Coroutine<void> {
      try {
        yield* sleep(20)
      } finally {
        yield* sleep(5)
        log.push('cleaned')
      }
    }
    yield* withTimeout(10, work, { value: undefined })
    log.push('went on')
  })
  await host.advance(15)
  await greenlet
  assert.deepEqual(log, ['cleaned', 'went on'])
})

test('work that swallows the timeout and ends in its own way gives its own result', async () => {
  const greenlet = spawn(() =>
    withTimeout(10, function* (): Coroutine<string> {
      try {
        yield* sleep(20)
        return 'slept'
      } catch {
        return 'swallowed'
      }
    }),
  )
  await host.advance(10)
  assert.equal(await greenlet, 'swallowed')
})

test('a kill during it passes through, and the timer is gone', async () => {
  const queue = new Queue<number>()
  const greenlet = spawn(() => withTimeout(100, queue.get(), { value: 1 }))
  await quiet()
  assert.equal(host.pendingTimers, 1)
  greenlet.kill()
  await quiet()
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  assert.equal(host.pendingTimers, 0)
  assert.equal(queue.stats().getters, 0)
})

test('bad limits and bad work are refused at once', () => {
  assert.throws(() => withTimeout(-1, sleep(1)), { name: 'RangeError', message: /withTimeout\(limit, work\)/ })
  assert.throws(() => withTimeout('5' as never, sleep(1)), { name: 'TypeError', message: /got "5"/ })
  assert.throws(() => withTimeout(undefined as never, sleep(1)), { name: 'TypeError', message: /got undefined/ })
  for (const work of [undefined, null, 5, 'text', {}]) {
    assert.throws(() => withTimeout(5, work), {
      name: 'TypeError',
      message: /^withTimeout\(limit, work\): .* cannot be waited for; pass a function/,
    })
  }
})

test('limit and work in the wrong order are refused, with the right one', () => {
  assert.throws(() => withTimeout(sleep(1) as never, 5), { message: /write withTimeout\(milliseconds, work\)/ })
  assert.throws(() => withTimeout((() => sleep(1)) as never, 5), { message: /the limit comes first/ })
})

test('a timeout that its greenlet has running already is the limit, and runs on afterwards', async () => {
  const greenlet = spawn(function* () {
    using timeout = Timeout.start(5)
    const value = yield* withTimeout(timeout, () => 'done')
    return [value, timeout.pending, yield* withTimeout(timeout, sleep(20), { value: 'late' })]
  })
  await host.advance(5)
  assert.deepEqual(await greenlet, ['done', true, 'late'])
})

test('an aborted signal ends the work with its reason, after its cleanup', async () => {
  const controller = new AbortController()
  const queue = new Queue<number>()
  let cleanedUp = false
  const greenlet = spawn(() =>
    withTimeout(
      Infinity,
      function* () {
        try {
          return yield* queue.get()
        } finally {
          yield* sleep(0)
          cleanedUp = true
        }
      },
      { signal: controller.signal },
    ),
  )
  await host.advance(0)
  const reason = new Error('enough')
  controller.abort(reason)
  assert.equal(await reasonOf(greenlet), reason)
  assert.equal(cleanedUp, true)
  assert.equal(queue.stats().getters, 0)
})

test('with a signal that is aborted already the work does not begin', async () => {
  let begun = false
  const work = (): void => {
    begun = true
  }
  const reason = new Error('too late')
  assert.equal(await reasonOf(withTimeout(10, work, { signal: AbortSignal.abort(reason) })), reason)
  assert.equal(begun, false)
})

test('a signal that aborts after the work has ended raises nothing', async () => {
  const controller = new AbortController()
  const greenlet = spawn(function* () {
    const value = yield* withTimeout(10, () => 1, { signal: controller.signal })
    controller.abort()
    yield* sleep(5)
    return value
  })
  await host.advance(5)
  assert.equal(await greenlet, 1)
})

test('what is no signal is refused at once', () => {
  assert.throws(
    () => withTimeout(10, slow, { signal: 'stop' as never }),
    /\{ signal \}: expected an AbortSignal, got "stop"/,
  )
})

test('what is no options is refused at once, and the message says what was meant', () => {
  for (const given of ['late', 3, null]) {
    assert.throws(
      () => withTimeout(10, slow, given as never),
      (error: Error) =>
        error instanceof TypeError && error.message.includes(`write { value: ${JSON.stringify(given)} }, or () =>`),
    )
  }
})
