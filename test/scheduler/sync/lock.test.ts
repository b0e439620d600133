import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Lock, RLock, dump, sleep, spawn, type Greenlet } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

installVirtualHost()

test('a lock knows its owner from the moment it is handed over', async () => {
  const lock = new Lock({ name: 'accounts' })
  const first: Greenlet = spawn(function* () {
    using _permit = yield* lock.acquire()
    assert.equal(lock.owner, first)
    yield* sleep(1)
  })
  first.name = 'first'
  const second = spawn(function* () {
    yield* lock.acquire()
  })
  await quiet()
  assert.equal(inspect(lock), `<Lock "accounts" held by ${first.toString()}, 1 waiting>`)
  assert.deepEqual(lock.stats(), { locked: true, owner: first, waiting: 1 })
  assert.match(
    dump(),
    new RegExp(`waiting for Lock "accounts"\\.acquire .* depends on <Greenlet #${first.id} "first">`),
  )
  first.kill()
  await quiet()
  assert.equal(lock.owner, second)
  assert.equal(inspect(lock), `<Lock "accounts" held by ${second.toString()}, which has ended>`)
})

test('a lock that code outside of greenlets holds has no owner', async () => {
  const lock = new Lock()
  await lock.acquire()
  assert.equal(lock.owner, undefined)
  assert.equal(inspect(lock), '<Lock held by code outside of greenlets>')
  lock.release()
  assert.equal(inspect(lock), '<Lock free>')
})

test('release() of a lock by hand makes its permit void', async () => {
  const lock = new Lock()
  await spawn(function* () {
    using permit = yield* lock.acquire()
    lock.release()
    assert.equal(permit.held, false)
    assert.equal(lock.locked, false)
    spawn(() => lock.acquire())
    yield
  })
  assert.equal(lock.locked, true)
})

for (const makeLock of [() => new Lock({ name: 'accounts' }), () => new RLock({ name: 'accounts' })]) {
  const { name } = makeLock().constructor

  test(`${name}: a release by another greenlet is refused and changes nothing`, async () => {
    const lock = makeLock()
    const owner = spawn(function* () {
      using _permit = yield* lock.acquire()
      yield* sleep(Infinity)
    })
    owner.name = 'owner'
    await quiet()
    const thief = spawn(() => {
      lock.release()
    })
    thief.name = 'thief'
    const error = (await reasonOf(thief)) as Error & { code: string }
    assert.equal(error.code, 'GVENT_NOT_HELD')
    assert.equal(
      error.message,
      `${name} "accounts".release() by ${thief.toString()}: ${owner.toString()} holds ${name} "accounts", and only its ` +
        'owner may do that. Write `using permit = yield* lock.acquire()` in the greenlet that needs it; ' +
        'if one greenlet acquires and another releases, use a Semaphore',
    )
    assert.throws(() => lock.release(), /by code outside of greenlets: <Greenlet .* holds /)
    assert.equal(lock.owner, owner)
    owner.kill()
  })

  test(`${name}: a release that is one too many is refused`, async () => {
    const lock = makeLock()
    assert.throws(() => lock.release(), {
      code: 'GVENT_NOT_HELD',
      message: /accounts"\.release\(\): .* is not held\. .*`using permit = yield\* lock\.acquire\(\)`/,
    })
    await spawn(function* () {
      yield* lock.acquire()
      lock.release()
      assert.throws(() => lock.release(), /is not held/)
    })
  })

  test(`${name}: a permit may be passed on and released by another greenlet`, async () => {
    const lock = makeLock()
    await spawn(function* () {
      const permit = yield* lock.acquire()
      yield* spawn(() => permit.release())
      assert.equal(lock.locked, false)
    })
  })
}

test('an RLock may be acquired again by its owner, and is free when released as often', async () => {
  const lock = new RLock({ name: 'tree' })
  const log: string[] = []
  const owner: Greenlet = spawn(function* () {
    using _outer = yield* lock.acquire()
    {
      using _inner = yield* lock.acquire()
      assert.equal(lock.depth, 2)
      assert.equal(inspect(lock), `<RLock "tree" held by ${owner.toString()}, 2 deep>`)
      assert.notEqual(lock.acquireNowait(), undefined)
      lock.release()
      assert.equal(yield* lock.wait(), true)
      yield
    }
    log.push('still held')
    assert.equal(lock.depth, 1)
    yield
    log.push('released')
  })
  const other = spawn(function* () {
    using _permit = yield* lock.acquire()
    log.push('other')
  })
  await owner
  await other
  assert.deepEqual(log, ['still held', 'released', 'other'])
  assert.equal(lock.depth, 0)
})

test('the owner of an RLock goes ahead of those who wait for it', async () => {
  const lock = new RLock()
  const owner = spawn(function* () {
    using _outer = yield* lock.acquire()
    yield
    using _inner = yield* lock.acquire()
    yield
    return 'through'
  })
  const other = spawn(function* () {
    using _permit = yield* lock.acquire()
    return lock.depth
  })
  assert.equal(await owner, 'through')
  assert.equal(await other, 1)
})

test('permits of an RLock may be released in any order', async () => {
  const lock = new RLock()
  await spawn(function* () {
    const outer = yield* lock.acquire()
    const inner = yield* lock.acquire()
    outer.release()
    assert.equal(lock.depth, 1)
    assert.equal(inner.held, true)
    inner.release()
    assert.equal(lock.locked, false)
  })
})

test('outside of greenlets an RLock cannot tell who acquires it, and makes them wait', async () => {
  const lock = new RLock()
  const permit = await lock.acquire()
  assert.equal(lock.acquireNowait(), undefined)
  const second = lock.acquire().then((next) => {
    next.release()
  })
  permit.release()
  await second
  assert.equal(lock.locked, false)
})
