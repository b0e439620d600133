import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  KilledError,
  Timeout,
  all,
  allSettled,
  joinAll,
  memoize,
  run,
  shield,
  sleep,
  spawn,
  type Coroutine,
} from 'gvent'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'

/** A loader that takes 10 ms and counts. */
function counting() {
  const loads: unknown[] = []
  const ended: unknown[] = []
  const load = function* loadUser(id: unknown): Coroutine<string> {
    loads.push(id)
    try {
      yield* sleep(10)
    } finally {
      ended.push(id)
    }
    return `value of ${String(id)}`
  }
  return { load, loads, ended }
}

test('calls that come while a result is loaded share the load, and later ones get what is kept', async () => {
  await simulate(function* () {
    const { load, loads } = counting()
    const cached = memoize(load)
    assert.deepEqual(yield* all([cached(7), cached(7), cached(8)]), ['value of 7', 'value of 7', 'value of 8'])
    assert.equal(yield* cached(7), 'value of 7')
    assert.deepEqual(loads, [7, 8])
    assert.deepEqual([cached.size, cached.name, cached.length], [2, 'loadUser', 1])
  })
})

test('the load goes on for the others if the first caller is killed, and is killed when nobody waits', async () => {
  await simulate(function* () {
    const { load, loads, ended } = counting()
    const cached = memoize(load)
    const [first, second] = [spawn(cached, 1), spawn(cached, 1)]
    yield* sleep(5)
    yield* first.kill()
    assert.equal(yield* second, 'value of 1')

    const alone = spawn(cached, 2)
    yield* sleep(5)
    yield* alone.kill()
    yield* sleep(0)
    assert.deepEqual(ended, [1, 2])
    assert.equal(cached.size, 1)
    assert.equal(yield* cached(2), 'value of 2')
    assert.deepEqual(loads, [1, 2, 2])
    assert.ok((alone.value as unknown) instanceof GreenletExit)
  })
})

test('a failure reaches all that share the load, and is not kept', async () => {
  let loads = 0
  const error = new Error('no')
  const cached = memoize(function* () {
    yield* sleep(1)
    if (++loads === 1) throw error
    return loads
  })
  await run(function* () {
    const outcomes = yield* allSettled([cached(), cached()])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason === error),
      [true, true],
    )
    assert.equal(yield* cached(), 2)
  })
})

test('a result is kept for as long as `ttl`, counted from its load', async () => {
  await simulate(function* () {
    const { load, loads } = counting()
    const cached = memoize(load, { ttl: 100 })
    yield* cached(1)
    yield* sleep(99)
    yield* cached(1)
    assert.equal(loads.length, 1)
    yield* sleep(1)
    yield* cached(1)
    assert.equal(loads.length, 2)
  })
})

test('at most `maxSize` results are kept, those that were used last', async () => {
  await simulate(function* () {
    const { load, loads } = counting()
    const cached = memoize(load, { maxSize: 2 })
    for (const id of [1, 2, 1, 3, 1, 2]) yield* cached(id)
    assert.deepEqual(loads, [1, 2, 3, 2])
    assert.equal(cached.size, 2)
  })
})

test('calls are the same by their arguments, or by what `key` makes of them', async () => {
  const seen: unknown[] = []
  const note = (...args: unknown[]): void => {
    seen.push(args)
  }
  const cached = memoize(note)
  const object = { id: 1 }
  for (const args of [[1], ['1'], ['1'], [object], [object], [{ id: 1 }], [], [], [1, 2], [1, 2], ['[1,2]']]) {
    await cached(...args)
  }
  assert.deepEqual(seen, [[1], ['1'], [object], [{ id: 1 }], [], [1, 2], ['[1,2]']])

  seen.length = 0
  const [one, other] = [new Map([[1, 2]]), new Map([[1, 3]])]
  const pairs = [
    [one, 1],
    [other, 1],
    [undefined, 1],
    [null, 1],
    [NaN, 1],
    ['null', 1],
    [1n, 1],
    [{ a: one }, 1],
    [{ a: other }, 1],
  ]
  for (const args of [...pairs, ...pairs.map((pair) => [...pair])]) await cached(...args)
  assert.deepEqual(seen, pairs)

  const byId = memoize(note, { key: (user) => (user as typeof object).id })
  seen.length = 0
  await byId({ id: 1 })
  await byId({ id: 1, name: 'again' })
  assert.equal(seen.length, 1)
})

test('`delete` and `clear` forget, and `this` is that of the call', async () => {
  const user = {
    loads: 0,
    read: memoize(function (this: { loads: number }, id: number): number {
      return id * 10 + ++this.loads
    }),
  }
  assert.equal(await user.read(1), 11)
  assert.deepEqual([user.read.delete(1), user.read.delete(1)], [true, false])
  assert.equal(await user.read(1), 12)
  user.read.clear()
  assert.equal(await user.read(1), 13)
})

test('nobody waits for ever and nothing is loaded twice at a time, whoever is killed', async () => {
  const body = function* (): Coroutine<void> {
    let loading = 0
    const cached = memoize(function* () {
      assert.equal(++loading, 1)
      try {
        yield* sleep(2)
        return 'value'
      } finally {
        loading--
      }
    })
    const ask = function* (): Coroutine<void> {
      // The load itself may be killed.
      const [outcome] = yield* allSettled([cached()])
      if (outcome.status === 'rejected')
        assert.ok(outcome.reason instanceof KilledError || outcome.reason instanceof Timeout)
      else assert.equal(outcome.value, 'value')
    }
    yield* joinAll([spawn(ask), spawn(ask), spawn(ask)])
    assert.equal(yield* cached(), 'value')
  }
  await explore(() => shield(body), { schedules: 150, cancel: true })
  await cancelEverywhere(() => shield(body))
})

test('wrong arguments are refused', () => {
  assert.throws(() => memoize(5 as never), /expected a function, got 5/)
  assert.throws(() => memoize(() => 1, { ttl: -1 }), /ttl/)
  assert.throws(() => memoize(() => 1, { maxSize: 0 }), /maxSize/)
  assert.throws(() => memoize(() => 1, { key: 'id' as never }), /key/)
})
