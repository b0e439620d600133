import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { BoundedSemaphore, Lock, RLock, Semaphore, Timeout, race, sleep, spawn, wait } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

for (const makeOne of [() => new Semaphore(1), () => new BoundedSemaphore(1), () => new Lock(), () => new RLock()]) {
  const { name } = makeOne().constructor

  test(`${name}: those who acquire are served in the order in which they came`, async () => {
    const one = makeOne()
    const log: number[] = []
    const greenlets = Array.from({ length: 20 }, (_, index) =>
      spawn(function* () {
        using _permit = yield* one.acquire()
        log.push(index)
        yield
      }),
    )
    for (const greenlet of greenlets) await greenlet
    assert.deepEqual(log, [...greenlets.keys()])
    assert.equal(one.locked, false)
  })

  test(`${name}: a release goes straight to who waits longest, and nobody barges in`, async () => {
    const one = makeOne()
    const log: string[] = []
    spawn(function* () {
      const permit = yield* one.acquire()
      yield
      permit.release()
      assert.equal(one.locked, true)
      assert.equal(one.acquireNowait(), undefined)
      using _again = yield* one.acquire()
      log.push('came back')
    })
    spawn(function* () {
      using _permit = yield* one.acquire()
      log.push('waited')
    })
    await quiet()
    assert.deepEqual(log, ['waited', 'came back'])
  })

  test(`${name}: using releases it when the block is left by an error or a kill`, async () => {
    const one = makeOne()
    const failing = spawn(function* () {
      using _permit = yield* one.acquire()
      yield
      throw new Error('inside')
    })
    assert.equal(((await reasonOf(failing)) as Error).message, 'inside')
    assert.equal(one.locked, false)
    const killed = spawn(function* () {
      using _permit = yield* one.acquire()
      yield* sleep(Infinity)
    })
    await quiet()
    assert.equal(one.locked, true)
    killed.kill()
    await quiet()
    assert.equal(one.locked, false)
  })

  test(`${name}: a permit that is released by hand is not released again by using`, async () => {
    const one = makeOne()
    await spawn(function* () {
      using permit = yield* one.acquire()
      assert.equal(permit.held, true)
      permit.release()
      assert.equal(permit.held, false)
      assert.equal(one.locked, false)
      assert.throws(() => permit.release(), { code: 'GVENT_NOT_HELD', message: /was already released/ })
    })
    assert.equal(one.locked, false)
    assert.notEqual(one.acquireNowait(), undefined)
    assert.equal(one.locked, true)
  })

  test(`${name}: acquire() gives undefined when the time is up, and an outer Timeout passes through`, async () => {
    const one = makeOne()
    const held = one.acquireNowait()
    const late = spawn(() => one.acquire({ timeout: 10 }))
    const zero = spawn(() => one.acquire({ timeout: 0 }))
    const outer = reasonOf(
      spawn(function* () {
        using _limit = Timeout.start(10)
        yield* one.acquire({ timeout: 20 })
      }),
    )
    await host.advance(10)
    assert.equal(await late, undefined)
    assert.equal(await zero, undefined)
    assert.ok((await outer) instanceof Timeout)
    assert.equal(one.stats().waiting, 0)
    held!.release()
    assert.equal(one.locked, false)
  })

  test(`${name}: who is killed while waiting leaves the line, and the order of the others stays`, async () => {
    const one = makeOne()
    const held = one.acquireNowait()!
    const log: string[] = []
    const [, middle] = ['first', 'middle', 'last'].map((place) =>
      spawn(function* () {
        using _permit = yield* one.acquire()
        log.push(place)
      }),
    )
    await quiet()
    middle!.kill()
    assert.equal(one.stats().waiting, 2)
    held.release()
    await quiet()
    assert.deepEqual(log, ['first', 'last'])
  })

  test(`${name}: a permit that was handed over to one who is killed then goes to the next`, async () => {
    const one = makeOne()
    const held = one.acquireNowait()!
    const log: string[] = []
    const [first] = ['first', 'second'].map((place) =>
      spawn(function* () {
        using _permit = yield* one.acquire()
        log.push(place)
      }),
    )
    await quiet()
    held.release()
    assert.equal(one.stats().waiting, 1)
    first!.kill()
    assert.equal(one.stats().waiting, 0)
    await quiet()
    assert.deepEqual(log, ['second'])
    assert.equal(one.locked, false)
  })

  test(`${name}: wait() waits in the same line and takes nothing`, async () => {
    const one = makeOne()
    const held = one.acquireNowait()!
    const log: string[] = []
    spawn(function* () {
      assert.equal(yield* one.wait(), true)
      log.push('could')
    })
    spawn(function* () {
      using _permit = yield* one.acquire()
      log.push('acquired')
      yield* sleep(1)
    })
    spawn(function* () {
      assert.equal(yield* one.wait(), true)
      log.push('could again')
    })
    const late = spawn(() => one.wait({ timeout: 0 }))
    await host.advance(0)
    await quiet()
    assert.equal(await late, false)
    held.release()
    await quiet()
    assert.deepEqual(log, ['could', 'acquired'])
    await host.advance(1)
    assert.deepEqual(log, ['could', 'acquired', 'could again'])
    assert.equal(await one.wait(), true)
    assert.equal(one.locked, false)
    assert.deepEqual(await wait([one]), [one])
    assert.equal(one.locked, false)
  })

  test(`${name}: one that lost a race holds nothing`, async () => {
    const one = makeOne()
    const held = one.acquireNowait()!
    const greenlet = spawn(() => race([sleep(1), one.acquire()]))
    await host.advance(1)
    assert.equal(await greenlet, undefined)
    held.release()
    assert.equal(one.locked, false)
    assert.equal(one.stats().waiting, 0)
  })

  test(`${name}: it can be acquired outside of greenlets, in the same line`, async () => {
    const one = makeOne()
    const log: string[] = []
    const permit = await one.acquire()
    const greenlet = spawn(function* () {
      using _permit = yield* one.acquire()
      log.push('greenlet')
    })
    await quiet()
    const outside = one.acquire().then((next) => {
      log.push('outside')
      next.release()
    })
    permit.release()
    await greenlet
    await outside
    assert.deepEqual(log, ['greenlet', 'outside'])
    assert.equal(one.locked, false)
  })
}

test('so many at a time as there are permits', async () => {
  const semaphore = new Semaphore(3)
  let inside = 0
  let most = 0
  const greenlets = Array.from({ length: 30 }, () =>
    spawn(function* () {
      using _permit = yield* semaphore.acquire()
      most = Math.max(most, ++inside)
      yield
      inside--
    }),
  )
  for (const greenlet of greenlets) await greenlet
  assert.equal(most, 3)
  assert.equal(semaphore.value, 3)
})

test('release() adds a permit, from anywhere, and needs no acquire', async () => {
  const semaphore = new Semaphore(0)
  assert.equal(semaphore.locked, true)
  const greenlet = spawn(function* () {
    yield* semaphore.acquire()
    yield* semaphore.acquire()
    return 'done'
  })
  await quiet()
  semaphore.release()
  semaphore.release()
  semaphore.release()
  assert.equal(await greenlet, 'done')
  assert.equal(semaphore.value, 1)
})

test('a semaphore with endless permits makes nobody wait', async () => {
  const semaphore = new Semaphore(Infinity)
  for (let count = 0; count < 100; count++) await semaphore.acquire()
  assert.equal(semaphore.value, Infinity)
  const bounded = new BoundedSemaphore(Infinity)
  bounded.acquireNowait()!.release()
})

test('a BoundedSemaphore refuses a release too many, and says what was meant', () => {
  const semaphore = new BoundedSemaphore(2, { name: 'slots' })
  semaphore.acquireNowait()
  semaphore.release()
  assert.throws(() => semaphore.release(), {
    name: 'RangeError',
    code: 'GVENT_NOT_HELD',
    message:
      'BoundedSemaphore "slots".release(): all of its 2 permits are free, so this release is one too many. ' +
      'Release once for each acquire, or write `using permit = yield* semaphore.acquire()`, which does so; ' +
      'to add permits, use a Semaphore',
  })
  assert.equal(semaphore.value, 2)
})

test('they show their names and how they stand', async () => {
  const semaphore = new Semaphore(2, { name: 'slots' })
  assert.equal(inspect(semaphore), '<Semaphore "slots" 2 free>')
  semaphore.acquireNowait()
  const permit = semaphore.acquireNowait()!
  const greenlet = spawn(() => semaphore.acquire())
  await quiet()
  assert.equal(inspect(semaphore), '<Semaphore "slots" 0 free, 1 waiting>')
  assert.deepEqual(semaphore.stats(), { value: 0, waiting: 1 })
  assert.equal(semaphore.acquire().describe(), 'Semaphore "slots".acquire')
  assert.equal(semaphore.wait().describe(), 'Semaphore "slots".wait')
  assert.equal(String(permit), 'a permit of Semaphore "slots"')
  assert.equal(inspect(permit), '<a permit of Semaphore "slots", held>')
  permit.release()
  assert.equal(inspect(permit), '<a permit of Semaphore "slots", released>')
  await greenlet
  assert.equal(inspect(new BoundedSemaphore(3)), '<BoundedSemaphore 3 of 3 free>')
})

test('a number of permits that is none is refused at once', () => {
  for (const [value, name] of [
    [-1, 'RangeError'],
    [1.5, 'RangeError'],
    [NaN, 'RangeError'],
    ['2', 'TypeError'],
    [null, 'TypeError'],
    [{ name: 'x' }, 'TypeError'],
  ] as const) {
    const expected = { name, code: 'GVENT_BAD_ARGUMENT', message: /\(value\): expected a whole number from 0, got / }
    assert.throws(() => new Semaphore(value as number), expected)
    assert.throws(() => new BoundedSemaphore(value as number), expected)
  }
})
