import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  Queue,
  Timeout,
  run,
  scope,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Operation,
  type Scope,
} from 'gvent'

function* child(log: string[], name: string, milliseconds: number, error?: Error) {
  try {
    yield* sleep(milliseconds)
    if (error !== undefined) throw error
  } finally {
    yield* sleep(1)
    log.push(name)
  }
}

test('a scope leaves when all of its children have ended', async () => {
  const log: string[] = []
  const value = await scope(function* (s) {
    s.spawn(child, log, 'a', 5)
    s.spawn(child, log, 'b', 1)
    yield* sleep(0)
    return 'body'
  })
  assert.equal(value, 'body')
  assert.deepEqual(log, ['b', 'a'])
})

test('children of children are children', async () => {
  const log: string[] = []
  await scope((s) => {
    s.spawn(function* () {
      yield* sleep(1)
      s.spawn(child, log, 'late', 1)
    })
  })
  assert.deepEqual(log, ['late'])
})

test('the first error kills the siblings, interrupts the body, and is raised after the cleanup', async () => {
  const log: string[] = []
  const error = new Error('no')
  const scoped = scope(function* (s) {
    s.spawn(child, log, 'failing', 1, error)
    s.spawn(child, log, 'sibling', 1000)
    try {
      yield* sleep(1000)
    } finally {
      log.push('body')
    }
  })
  await assert.rejects(scoped, error)
  assert.deepEqual(log.sort(), ['body', 'failing', 'sibling'])
})

test('an error of the body kills the children', async () => {
  const log: string[] = []
  await assert.rejects(
    scope(function* (s) {
      s.spawn(child, log, 'a', 1000)
      yield* sleep(1)
      throw new Error('body')
    }),
    { message: 'body' },
  )
  assert.deepEqual(log, ['a'])
})

test('several errors are raised as one', async () => {
  const scoped = scope((s) => {
    s.spawn(child, [], 'a', 1, new Error('first'))
    s.spawn(function* () {
      try {
        yield* sleep(1000)
      } finally {
        throw new Error('second') // eslint-disable-line no-unsafe-finally -- that is what is tested
      }
    })
  })
  await assert.rejects(scoped, (error) => {
    assert.ok(error instanceof AggregateError)
    assert.deepEqual(
      error.errors.map((each: Error) => each.message),
      ['first', 'second'],
    )
    return true
  })
})

test('an error that somebody else observes ends the scope all the same', async () => {
  await assert.rejects(
    scope(function* (s) {
      const failing = s.spawn(child, [], 'a', 1, new Error('no'))
      yield* failing.join()
      yield* sleep(1000)
    }),
    { message: 'no' },
  )
})

test('a child that is killed is no error', async () => {
  await scope(function* (s) {
    const endless = s.spawn(() => sleep(Infinity))
    yield* sleep(0)
    yield* endless.kill()
    assert.equal(s.size, 0)
  })
})

test('killing the owner kills the children and waits for their cleanup', async () => {
  const log: string[] = []
  const owner = spawn(() =>
    scope((s) => {
      s.spawn(child, log, 'a', 1000)
      s.spawn(child, log, 'b', 1000)
    }),
  )
  await sleep(1)
  assert.equal(await owner.kill(), true)
  assert.deepEqual(log, ['a', 'b'])
  assert.ok((owner.value as unknown) instanceof GreenletExit)
})

test('a timeout around a scope is raised as itself', async () => {
  const log: string[] = []
  const value = await withTimeout(
    1,
    scope((s) => void s.spawn(child, log, 'a', 1000)),
    { value: 'late' },
  )
  assert.equal(value, 'late')
  assert.deepEqual(log, ['a'])
})

test('nested scopes end from the inside out', async () => {
  const log: string[] = []
  await assert.rejects(
    scope(function* (outer) {
      outer.spawn(child, log, 'outer', 1000)
      yield* scope((inner) => {
        inner.spawn(child, log, 'inner', 1000)
        inner.spawn(child, log, 'failing', 1, new Error('no'))
      })
    }),
    { message: 'no' },
  )
  assert.deepEqual(log, ['failing', 'inner', 'outer'])
})

test('a scope that has ended takes no more children; one that ends kills them before they run', async () => {
  let leaked: Scope | undefined
  await scope((s) => {
    leaked = s
  })
  assert.throws(() => leaked!.spawn(() => undefined), { name: 'TypeError', message: /has ended/ })
  let ran = false
  await assert.rejects(
    scope(function* (s) {
      s.spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          s.spawn(() => {
            ran = true
          })
        }
      })
      yield* sleep(0)
      throw new Error('end')
    }),
    { message: 'end' },
  )
  assert.equal(ran, false)
})

test('10,000 scopes nest', async () => {
  function* nest(depth: number): Generator<unknown, number, unknown> {
    if (depth === 0) return 0
    return (yield scope(() => nest(depth - 1))) as number
  }
  assert.equal(await scope(() => nest(10_000)), 0)
})

test('a shield holds a kill off until its work is done', async () => {
  const log: string[] = []
  const work = new Queue<string>()
  const greenlet = spawn(function* () {
    log.push(yield* shield(work.get()))
    yield* sleep(0)
    yield* sleep(0)
    log.push('not reached')
  })
  await sleep(0)
  const killed = greenlet.kill()
  assert.equal(greenlet.state, 'waiting')
  work.putNowait('shielded')
  assert.equal(await killed, true)
  assert.deepEqual(log, ['shielded'])
})

test('a shield holds a timeout off until its work is done', async () => {
  await run(function* () {
    let done = false
    const shielded = shield(function* () {
      yield* sleep(5)
      done = true
    })
    assert.equal(yield* withTimeout(1, shielded, { value: 'late' }), 'late')
    assert.equal(done, true)
    yield* sleep(1)
  })
})

test('a timeout option works inside of a shield', async () => {
  const queue = new Queue<never>()
  await assert.rejects(shield(queue.get({ timeout: 1 })), { name: 'Timeout' })
})

test('a shield does not hold off what began inside of it', async () => {
  await run(function* () {
    assert.equal(yield* shield(withTimeout(1, sleep(1000), { value: 'limited' })), 'limited')
    const failure = new Error('a child failed')
    const failing = scope(function* (s) {
      s.spawn(() => {
        throw failure
      })
      yield* sleep(1000)
    })
    yield* assertRaises(shield(failing), failure)
    const controller = new AbortController()
    spawn(() => {
      controller.abort(failure)
    })
    yield* assertRaises(shield(withTimeout(Infinity, sleep(1000), { signal: controller.signal })), failure)
    using timeout = Timeout.start(1)
    // This one began outside, so the inner shield, too, holds it off.
    assert.equal(yield* shield(withTimeout(60_000, shield(sleep(5)), { value: 'late' })), undefined)
    yield* assertRaises(sleep(1000), timeout)
  })
})

test('a greenlet that is killed in a shield goes on there until what it limited itself is over', async () => {
  const log: unknown[] = []
  const controller = new AbortController()
  const greenlet = spawn(function* () {
    try {
      yield* shield(function* () {
        try {
          yield* withTimeout(Infinity, sleep(Infinity), { signal: controller.signal })
        } catch (error) {
          log.push(error)
        }
        yield* sleep(0)
        log.push('left the shield')
      })
      yield* sleep(0)
      yield* sleep(0)
      log.push('not reached')
    } finally {
      log.push('ended')
    }
  })
  await sleep(0)
  const killed = greenlet.kill()
  assert.deepEqual(log, [])
  controller.abort('limited')
  await killed
  assert.deepEqual(log, ['limited', 'left the shield', 'ended'])
})

function* assertRaises(work: Operation<unknown>, expected: unknown): Coroutine<void> {
  let raised: unknown
  try {
    yield* work
  } catch (error) {
    raised = error
  }
  assert.equal(raised, expected)
}
