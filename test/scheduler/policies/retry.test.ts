import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  Timeout,
  allSettled,
  retry,
  run,
  shield,
  sleep,
  spawn,
  withTimeout,
  getHub,
  type Coroutine,
  type Operation,
} from 'gvent'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'

/** Work that fails so many times before it returns the number of its calls. */
function failing(failures: number, error: () => unknown = () => new Error('not yet')) {
  const work = {
    calls: 0,
    *run(): Coroutine<number> {
      yield* sleep(1)
      if (++work.calls <= failures) throw error()
      return work.calls
    },
  }
  return work
}

test('work is tried again until it succeeds', async () => {
  const work = failing(2)
  assert.equal(await run(() => retry(() => work.run(), { attempts: 5, backoff: 1 })), 3)
})

test('the error of the last attempt is raised, the very same', async () => {
  const last = new Error('the third')
  const errors = [new Error('the first'), new Error('the second'), last]
  const broken = failing(5, () => errors.shift())
  await assert.rejects(
    run(() => retry(() => broken.run(), { backoff: 1 })),
    (error) => error === last,
  )
})

test('an operation is waited for again', async () => {
  let times = 0
  await assert.rejects(
    run(() =>
      retry(
        withTimeout(1, function* () {
          times++
          yield* sleep(1000)
        }),
        { attempts: 4, backoff: 0 },
      ),
    ),
    Timeout,
  )
  assert.equal(times, 4)
})

test('what runs only once is refused', () => {
  const work = failing(0)
  assert.throws(() => retry(work.run() as never), /runs only once; pass a function/)
  assert.throws(() => retry(Promise.resolve() as never), /runs only once; pass a function/)
  assert.throws(() => retry(5 as never), /cannot be waited for/)
})

test('pauses grow on the clock of the hub', async () => {
  await simulate(function* () {
    const times: number[] = []
    const work = (): never => {
      times.push(getHub().now())
      throw new Error('always')
    }
    yield* allSettled([retry(work, { attempts: 5, backoff: { initial: 100, max: 300 }, jitter: 0 })])
    assert.deepEqual(
      times.map((time) => time - times[0]!),
      [0, 100, 300, 600, 900],
    )
  })
})

test('`while` gets the error and the number of the attempt, and ends it', async () => {
  const seen: unknown[] = []
  const work = failing(9, () => Object.assign(new Error('no'), { code: 'EPERM' }))
  await assert.rejects(
    run(() =>
      retry(() => work.run(), {
        attempts: 9,
        backoff: 0,
        while: (error, attempt) => {
          seen.push([(error as { code: string }).code, attempt])
          return attempt < 3
        },
      }),
    ),
    { code: 'EPERM' },
  )
  assert.deepEqual(seen, [
    ['EPERM', 1],
    ['EPERM', 2],
    ['EPERM', 3],
  ])
})

for (const [name, error] of [
  ['a GreenletExit', new GreenletExit()],
  ['an AbortError', new DOMException('stop', 'AbortError')],
] as const) {
  test(`${name} of the work is not tried again`, async () => {
    const work = failing(9, () => error)
    await assert.rejects(run(() => retry(() => work.run(), { attempts: 9, backoff: 0 })))
    assert.equal(work.calls, 1)
  })
}

/** What ends `operation` when it is waited for in a greenlet of its own. */
function* failureOf(operation: Operation<unknown>): Coroutine<unknown> {
  const [outcome] = yield* allSettled([operation])
  assert.ok(outcome.status === 'rejected')
  return outcome.reason
}

for (const [place, work] of [
  ['an attempt', () => sleep(Infinity)],
  ['a pause', () => Promise.reject(new Error('always'))],
] as const) {
  const policy = { attempts: Infinity, backoff: { initial: 1e6 } }
  test(`a kill, a timeout and an abort from further out end ${place}`, async () => {
    await simulate(function* () {
      const greenlet = spawn(() => retry(work, policy))
      yield* sleep(10)
      yield* greenlet.kill()
      assert.ok((greenlet.value as unknown) instanceof GreenletExit)

      const limit = new Timeout(10)
      assert.equal(yield* failureOf(withTimeout(limit, retry(work, policy))), limit)
      assert.ok((yield* failureOf(retry(work, { ...policy, timeout: 10 }))) instanceof Timeout)

      const controller = new AbortController()
      spawn(function* () {
        yield* sleep(10)
        controller.abort(new Error('enough'))
      })
      const reason = yield* failureOf(retry(work, { ...policy, signal: controller.signal }))
      assert.equal((reason as Error).message, 'enough')
    })
  })
}

test('the operation can be waited for again, each time from the first attempt', async () => {
  const work = failing(1)
  const again = retry(() => work.run(), { attempts: 2, backoff: 0 })
  assert.deepEqual([await again, await again], [2, 3])
})

test('no attempt is left running, and none begins, after a kill or a timeout, whenever that comes', async () => {
  const body = function* (): Coroutine<void> {
    let running = 0
    let ended = false
    // The error of an attempt whose caller was killed before it saw it is reported, as every other.
    getHub().onError = () => undefined
    const work = function* (): Coroutine<void> {
      assert.equal(ended, false)
      running++
      try {
        yield* sleep(2)
        throw new Error('failed')
      } finally {
        running--
      }
    }
    const caller = spawn(() => allSettled([retry(work, { attempts: 3, backoff: 2, jitter: 0 })]))
    yield* caller.join()
    ended = true
    assert.equal(running, 0)
  }
  await explore(() => shield(body), { schedules: 100, cancel: true })
  await cancelEverywhere(() => shield(body))
})
