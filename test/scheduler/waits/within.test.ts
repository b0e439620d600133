import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { Pool, joinAll, race, run, shield, sleep, spawn, within, withTimeout, type Coroutine, type Enter } from 'gvent'
import { cancelEverywhere, explore } from 'gvent/testing'

test('the store stays over waits, reaches what is spawned, and ends with the work', async () => {
  const storage = new AsyncLocalStorage<string>()
  await run(function* () {
    const pool = new Pool(2)
    const seen = yield* within(storage, 'inner', function* () {
      const before = storage.getStore()
      yield* sleep(1)
      const spawned = yield* spawn(() => storage.getStore())
      const pooled = yield* pool.apply(function* () {
        yield* sleep(1)
        return storage.getStore()
      })
      return [before, storage.getStore(), spawned, pooled]
    })
    assert.deepEqual(seen, ['inner', 'inner', 'inner', 'inner'])
    assert.equal(storage.getStore(), undefined)
  })
})

test('two greenlets keep their own, and one inside another ends where it began', async () => {
  const storage = new AsyncLocalStorage<number>()
  const nested = function* (id: number) {
    return yield* within(storage, id, function* () {
      yield* sleep(1)
      const inner = yield* within(storage, id + 1, function* () {
        yield* sleep(1)
        return storage.getStore()
      })
      yield* sleep(1)
      return [inner, storage.getStore()]
    })
  }
  await run(function* () {
    const [a, b] = [spawn(nested, 10), spawn(nested, 20)]
    assert.deepEqual(
      [yield* a, yield* b],
      [
        [11, 10],
        [21, 20],
      ],
    )
  })
})

test('cleanup after a kill, a timeout and an error runs in the context', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const work = function* () {
    try {
      yield* sleep(1000)
    } finally {
      seen.push(storage.getStore())
      yield* sleep(0)
      seen.push(storage.getStore())
    }
  }
  await run(function* () {
    const greenlet = spawn(() => within(storage, 'killed', work))
    yield* sleep(1)
    yield* greenlet.kill()
    yield* withTimeout(1, within(storage, 'timed out', work), { value: null })
    yield* race([within(storage, 'lost', work), sleep(1)])
  })
  assert.deepEqual(seen, ['killed', 'killed', 'timed out', 'timed out', 'lost', 'lost'])
})

test('any function that enters a context will do', async () => {
  const storage = new AsyncLocalStorage<string>()
  const enter: Enter = (step) => storage.run('entered', step)
  assert.equal(
    await within(enter, function* () {
      yield* sleep(1)
      return storage.getStore()
    }),
    'entered',
  )
})

test('a plain function runs in the context, and so does what it returns to wait for', async () => {
  const storage = new AsyncLocalStorage<string>()
  assert.equal(await within(storage, 'plain', () => storage.getStore()), 'plain')
  const after = async (): Promise<string | undefined> => {
    await Promise.resolve()
    return storage.getStore()
  }
  assert.equal(await within(storage, 'async', after), 'async')
})

test('an error that the work catches stays inside', async () => {
  const storage = new AsyncLocalStorage<string>()
  assert.equal(
    await within(storage, 'x', function* () {
      try {
        yield* withTimeout(1, sleep(1000))
      } catch {
        return storage.getStore()
      }
      return 'no timeout'
    }),
    'x',
  )
})

test('wrong arguments are refused', () => {
  assert.throws(() => within({} as never, 'x', () => 1), /expected an AsyncLocalStorage/)
  assert.throws(() => within(new AsyncLocalStorage<string>(), 'x', 5 as never), /and a function, got .*, "x", 5/)
})

test('work and its cleanup are in the context, nothing else is, whoever is killed', async () => {
  const storage = new AsyncLocalStorage<string>()
  const body = function* (): Coroutine<void> {
    const user = function* (store: string): Coroutine<void> {
      try {
        yield* within(storage, store, function* () {
          try {
            yield* sleep(2)
            assert.equal(storage.getStore(), store)
          } finally {
            yield* sleep(1)
            assert.equal(storage.getStore(), store)
          }
        })
      } finally {
        assert.equal(storage.getStore(), undefined)
      }
    }
    yield* joinAll([spawn(user, 'a'), spawn(user, 'b')])
  }
  await explore(() => shield(body), { schedules: 100, cancel: true })
  await cancelEverywhere(() => shield(body))
})
