import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CircuitBreaker,
  CircuitOpenError,
  allSettled,
  joinAll,
  retry,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
} from 'gvent'
import { explore, simulate } from 'gvent/testing'

const fail = (): never => {
  throw new Error('down')
}

function* failTimes(breaker: CircuitBreaker, times: number): Coroutine<void> {
  for (let i = 0; i < times; i++) {
    try {
      yield* breaker.run(fail)
    } catch (error) {
      assert.equal((error as Error).message, 'down')
    }
  }
}

function* refusal(breaker: CircuitBreaker): Coroutine<CircuitOpenError> {
  try {
    yield* breaker.run(() => assert.fail('the work ran'))
  } catch (error) {
    assert.ok(error instanceof CircuitOpenError, String(error))
    return error
  }
  assert.fail('not refused')
}

test('failures in a row open the circuit; a success in between starts the count again', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 3, name: 'rates' })
    yield* failTimes(breaker, 2)
    assert.equal(yield* breaker.run(() => 7), 7)
    yield* failTimes(breaker, 2)
    assert.equal(breaker.state, 'closed')
    yield* failTimes(breaker, 1)
    assert.deepEqual(breaker.stats(), { state: 'open', failures: 3, refused: 0, probing: 0 })
    const { message, retryAfter, code } = yield* refusal(breaker)
    assert.equal(retryAfter, 30_000)
    assert.equal(code, 'GVENT_CIRCUIT_OPEN')
    assert.match(
      message,
      /^CircuitBreaker "rates" is open after 3 failures in a row; it lets a probe through in 30000 ms/,
    )
    assert.equal(breaker.stats().refused, 1)
  })
})

test('after the reset time one probe runs at a time; its success closes the circuit', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 1, reset: 1000 })
    yield* failTimes(breaker, 1)
    yield* sleep(1000)
    assert.equal(breaker.state, 'half-open')
    const probe = spawn(() => breaker.run(() => sleep(5)))
    yield* sleep(1)
    assert.equal((yield* refusal(breaker)).retryAfter, 0)
    yield* probe.join()
    assert.equal(breaker.state, 'closed')
  })
})

test('a probe that fails opens it for another reset time', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 5, reset: 1000 })
    yield* failTimes(breaker, 5)
    yield* sleep(1000)
    yield* failTimes(breaker, 1)
    assert.equal(breaker.state, 'open')
    assert.equal((yield* refusal(breaker)).retryAfter, 1000)
  })
})

test('as many probes have to succeed as the options say', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 1, reset: 10, probes: 2 })
    yield* failTimes(breaker, 1)
    yield* sleep(10)
    yield* breaker.run(() => 1)
    assert.equal(breaker.state, 'half-open')
    yield* breaker.run(() => 1)
    assert.equal(breaker.state, 'closed')
  })
})

test('work that is killed or timed out from further out counts as nothing, and frees the place of a probe', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 1, reset: 10 })
    yield* withTimeout(
      5,
      breaker.run(() => sleep(100)),
      { value: null },
    )
    assert.equal(breaker.state, 'closed')
    yield* failTimes(breaker, 1)
    yield* sleep(10)
    const probe = spawn(() => breaker.run(() => sleep(100)))
    yield* sleep(1)
    yield* probe.kill()
    assert.deepEqual(breaker.stats(), { state: 'half-open', failures: 1, refused: 0, probing: 0 })
    yield* breaker.run(() => 1)
    assert.equal(breaker.state, 'closed')
  })
})

test('an error that is no failure passes and closes nothing', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 1, isFailure: (error) => (error as Error).message !== 'not found' })
    const notFound = (): never => {
      throw new Error('not found')
    }
    yield* allSettled([breaker.run(notFound)])
    assert.equal(breaker.state, 'closed')
  })
})

test('it composes with retry, which leaves it alone while it is open', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 2, reset: 1e6 })
    const policy = { attempts: 9, backoff: 1, while: (error: unknown) => !(error instanceof CircuitOpenError) }
    const [outcome] = yield* allSettled([retry(() => breaker.run(fail), policy)])
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof CircuitOpenError)
    assert.equal(breaker.stats().refused, 1)
  })
})

test('an operation can be the work', async () => {
  await simulate(function* () {
    const breaker = new CircuitBreaker({ failures: 1 })
    assert.equal(yield* breaker.run(withTimeout(1, sleep(5), { value: 'late' })), 'late')
    const [outcome] = yield* allSettled([retry(breaker.run(withTimeout(1, sleep(5))), { backoff: 0 })])
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof CircuitOpenError)
  })
})

test('never more probes than allowed, and none is left behind, whoever is killed or timed out', async () => {
  const body = function* (): Coroutine<void> {
    const breaker = new CircuitBreaker({ failures: 1, reset: 5, probes: 2 })
    yield* failTimes(breaker, 1)
    yield* sleep(5)
    const caller = function* (): Coroutine<void> {
      try {
        yield* breaker.run(function* () {
          assert.ok(breaker.stats().probing <= 2)
          yield* sleep(2)
        })
      } catch (error) {
        if (!(error instanceof CircuitOpenError)) throw error
      }
    }
    yield* joinAll([spawn(caller), spawn(caller), spawn(caller)])
    assert.equal(breaker.stats().probing, 0)
  }
  await explore(() => shield(body), { schedules: 100, cancel: true })
})

test('options out of range are refused', () => {
  for (const options of [{ failures: 0 }, { reset: -1 }, { probes: 0 }, { isFailure: 1 as never }])
    assert.throws(() => new CircuitBreaker(options), { code: 'GVENT_BAD_ARGUMENT' })
  assert.throws(() => new CircuitBreaker().run(5 as never), /expected a function or an operation, got 5/)
})
