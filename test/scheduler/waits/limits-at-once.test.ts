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
  scope,
  select,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Operation,
  type Scope,
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

const scopes: Record<string, (child: () => Coroutine<void>) => Operation<unknown>> = {
  'its own': (child) => scope((s) => void s.spawn(child), { timeout: 10 }),
  'the one around it': (child) =>
    withTimeout(
      10,
      scope((s) => void s.spawn(child)),
    ),
  'the one around it, while its body waits': (child) =>
    withTimeout(
      10,
      scope(function* (s) {
        s.spawn(child)
        s.spawn(child)
        yield* sleep(100)
      }),
    ),
  'that of a call in its body': (child) =>
    scope(function* (s) {
      s.spawn(child)
      yield* withTimeout(10, sleep(100))
    }),
}

for (const [whose, begin] of Object.entries(scopes)) {
  for (const child of [slow, slowByOption, slowWithError]) {
    test(`a scope raises one error when the limit of a child, ${child.name}, and ${whose} are up at once`, async () => {
      const errors: unknown[] = []
      const messages = await reported(function* () {
        try {
          yield* begin(child)
        } catch (error) {
          errors.push(error)
        }
      })
      assert.deepEqual(messages, [])
      assert.equal(errors.length, 60)
      for (const error of errors) assert.ok(error instanceof Timeout || error instanceof TooSlow, String(error))
    })
  }
}

test('the limit around a scope is not lost to that of a child: it ends what comes after the scope', async () => {
  await reported(function* () {
    const limit = new Timeout(10)
    function* work(): Coroutine<string> {
      try {
        yield* scope(function* (s) {
          s.spawn(slow)
          yield* sleep(100)
        })
      } catch (error) {
        if (error === limit) throw error
      }
      yield* sleep(1000)
      return 'without a limit'
    }
    assert.equal(yield* withTimeout(limit, work, { value: 'too slow' }), 'too slow')
  })
})

const bodies: Record<string, (s: Scope) => unknown> = {
  'with a body that waits': function* (s: Scope): Coroutine<void> {
    s.spawn(slow)
    yield* sleep(100)
  },
  'that waits for its children': (s) => void s.spawn(slow),
}

for (const [name, body] of Object.entries(bodies)) {
  test(`a scope ${name} is killed at the moment when the limit of a child is up: the kill ends it, if it was not over`, async () => {
    const messages = await reported(function* () {
      const greenlet = spawn(() => scope(body))
      yield* sleep(10)
      // It may have failed before.
      if (greenlet.dead) yield* allSettled([greenlet])
      yield* greenlet.kill()
    })
    assert.deepEqual(messages, [])
  })
}

for (const name of ['with a body that waits', 'that waits for its children']) {
  test(`a kill while the children of a scope ${name} clean up, as one has failed, is no second error`, async () => {
    const messages = await reported(function* () {
      const greenlet = spawn(() =>
        scope(function* (s) {
          s.spawn(function* cleaning() {
            try {
              yield* sleep(Infinity)
            } finally {
              yield* shield(sleep(10))
            }
          })
          s.spawn(function* failing() {
            yield* sleep(5)
            throw new TooSlow('failed')
          })
          if (name === 'with a body that waits') yield* sleep(Infinity)
        }),
      )
      yield* sleep(7)
      void greenlet.kill()
      const [{ reason }] = (yield* allSettled([greenlet])) as [{ reason?: unknown }]
      assert.ok(reason instanceof TooSlow, String(reason))
    })
    assert.deepEqual(messages, [])
  })
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
