import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CircuitBreaker,
  Pool,
  Timeout,
  all,
  allSettled,
  any,
  getHub,
  race,
  retry,
  run,
  select,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Operation,
} from 'gvent'
import { simulate } from 'gvent/testing'

// The limit of a call, and that of whoever made it, are up in the same turn: in whatever order they ring, and whatever runs in between.

function* slow(): Coroutine<void> {
  yield* withTimeout(10, sleep(100))
}

function* slowByOption(): Coroutine<void> {
  yield* sleep(100, { timeout: 10 })
}

class TooSlow extends Error {}

function* slowWithError(): Coroutine<void> {
  yield* withTimeout(new Timeout(10, TooSlow), sleep(100))
}

const calls: Record<string, (work: () => Coroutine<void>) => Operation<unknown>> = {
  retry: (work) => retry(work, { attempts: 2, backoff: 0 }),
  all: (work) => all([work(), sleep(50)]),
  allSettled: (work) => allSettled([work()]),
  race: (work) => race([work(), sleep(50)]),
  any: (work) => any([work(), work()]),
  select: (work) => select({ work: work(), other: sleep(50) }),
  'a race in all': (work) => all([race([work()])]),
  'pool.map': (work) => new Pool(2).map(work, [1, 2]),
  'pool.apply': (work) => new Pool(2).apply(work),
  CircuitBreaker: (work) => new CircuitBreaker().run(work),
}

/** Runs `body` in many orders. @returns the messages of all errors that were reported. */
async function reported(body: () => Coroutine<void>): Promise<string[]> {
  const messages: string[] = []
  for (let seed = 1; seed <= 60; seed++) {
    await simulate({ seed }, function* () {
      getHub().onError = (error, greenlet) => messages.push(`${greenlet.name}: ${(error as Error).message}`)
      yield* body()
    })
  }
  return messages
}

for (const [name, call] of Object.entries(calls)) {
  for (const work of [slow, slowByOption, slowWithError]) {
    test(`${name}: the limit of ${work.name} is not reported when that of its caller is up, too`, async () => {
      const messages = await reported(function* () {
        // Any of the two may be the one that is raised.
        yield* allSettled([withTimeout(10, call(work))])
      })
      assert.deepEqual(messages, [])
    })
  }
}

test('a greenlet that is killed at the moment when its time is up is not reported', async () => {
  const messages = await reported(function* () {
    const greenlet = spawn(slow)
    yield* sleep(10)
    // It may have failed before.
    if (greenlet.dead) yield* allSettled([greenlet])
    yield* greenlet.kill()
  })
  assert.deepEqual(messages, [])
})

test('the limit of a cleanup after a kill is reported: it is a failure of its own', async () => {
  const messages = await reported(function* () {
    const greenlet = spawn(function* cleaning(): Coroutine<void> {
      try {
        yield* sleep(Infinity)
      } finally {
        yield* slow()
      }
    })
    yield* sleep(1)
    yield* greenlet.kill()
  })
  assert.equal(messages.length, 60)
})

test('so is one in a shield that holds the kill off', async () => {
  const messages = await reported(function* () {
    const greenlet = spawn(() => shield(slow()))
    yield* sleep(5)
    yield* greenlet.kill()
  })
  assert.equal(messages.length, 60)
})

test('and an error of the work itself', async () => {
  const messages = await reported(function* () {
    const failing = function* (): Coroutine<void> {
      yield* sleep(10)
      throw new Error('failed')
    }
    yield* withTimeout(10, allSettled([failing()]), { value: undefined })
  })
  assert.ok(messages.length > 0)
})

test('outside of a simulation, too', async () => {
  const reports: unknown[] = []
  const { onError } = getHub()
  getHub().onError = (error) => reports.push(error)
  try {
    await assert.rejects(
      run(() => retry(slow, { attempts: 1, timeout: 10 })),
      Timeout,
    )
    await sleep(1)
  } finally {
    getHub().onError = onError
  }
  assert.deepEqual(reports, [])
})
