import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Greenlet,
  GreenletExit,
  Timeout,
  all,
  allSettled,
  call,
  joinAll,
  race,
  scope,
  sleep,
  spawn,
  withTimeout,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()
const error = new Error('failed')

function* failing(): Generator<undefined, never> {
  yield
  throw error
}

const observers: Record<string, (greenlet: Greenlet) => unknown> = {
  await: (greenlet) => reasonOf(greenlet),
  get: (greenlet) => reasonOf(greenlet.get()),
  'get with a limit': (greenlet) => reasonOf(greenlet.get({ timeout: 10 })),
  'yield*': (greenlet) =>
    spawn(function* () {
      try {
        yield* greenlet
      } catch (caught) {
        assert.equal(caught, error)
      }
    }),
  yield: (greenlet) => spawn(() => greenlet).linkError(() => undefined),
  link: (greenlet) => greenlet.link(() => undefined),
  linkError: (greenlet) => greenlet.linkError(() => undefined),
  raiseError: (greenlet) => reasonOf(joinAll([greenlet], { raiseError: true })),
}

for (const [name, observe] of Object.entries(observers)) {
  test(`an error counts as observed by: ${name}, before the end or in the turn after it`, async () => {
    const before = spawn(failing)
    observe(before)
    await before.join()
    const after = spawn(failing)
    await after.join()
    assert.equal(after.dead, true)
    observe(after)
    await quiet()
    assert.deepEqual(host.takeReports(), [])
  })
}

test('an error of a child counts as observed by its scope', async () => {
  const owner = spawn(() =>
    scope(function* (children) {
      children.spawn(failing)
      yield* sleep(Infinity)
    }),
  )
  assert.equal(await reasonOf(owner), error)
})

test('an error does not count as observed by join, kill, linkValue, or by looking at the greenlet', async () => {
  const greenlet = spawn(failing)
  void greenlet.join().then(() => undefined)
  greenlet.linkValue(() => undefined)
  spawn(function* () {
    yield* greenlet.join()
    assert.equal(greenlet.error, error)
    assert.equal(greenlet.successful, false)
    yield* greenlet.kill()
  })
  await quiet()
  assert.equal(host.takeReports().length, 1)
})

test('a getter that was killed or timed out before the end has observed nothing', async () => {
  const greenlet = spawn(function* () {
    yield* sleep(10)
    throw error
  })
  const killed = spawn(() => greenlet)
  const timedOut = reasonOf(greenlet.get({ timeout: 5 }))
  await host.advance(5)
  killed.kill()
  assert.ok((await timedOut) instanceof Timeout)
  await host.advance(5)
  assert.equal(host.takeReports().length, 1)
})

const givenUp: Record<string, (work: () => unknown) => PromiseLike<unknown>> = {
  'a lost race': (work) => race([call(work), sleep(1)]),
  'a timeout': (work) => withTimeout(1, call(work), { value: undefined }),
  'an error of another': (work) => all([call(work), sleep(1).then(() => Promise.reject(new Error('other')))]),
}

for (const [name, giveUp] of Object.entries(givenUp)) {
  test(`an error that cleanup raises after ${name} is not lost`, async () => {
    const given = giveUp(function* () {
      try {
        yield* sleep(100)
      } finally {
        yield* failing()
      }
    })
    const ended = given.then(
      () => 'no error',
      (caught: unknown) => caught,
    )
    await host.advance(101)
    const outcome = await ended
    const reports = host.takeReports()
    assert.ok(outcome === error || reports.length === 1, `${String(outcome)} ${reports.length}`)
  })
}

const observations: Record<string, (greenlet: Greenlet) => unknown> = {
  'yield*': (greenlet) => greenlet,
  get: (greenlet) => greenlet.get({ timeout: 100 }),
  joinAll: (greenlet) => joinAll([greenlet], { raiseError: true }),
  all: (greenlet) => all([greenlet, sleep(100)]),
  race: (greenlet) => race([greenlet, sleep(100)]),
  allSettled: (greenlet) => allSettled([greenlet, sleep(100)]),
  withTimeout: (greenlet) => withTimeout(100, greenlet),
  call: (greenlet) => call(() => greenlet),
}

for (const [name, observe] of Object.entries(observations)) {
  test(`whoever is killed between the failure and its delivery has observed nothing: ${name}`, async () => {
    const greenlet = spawn(failing)
    const getter = spawn(() => observe(greenlet))
    killBetween(getter, greenlet)
    await quiet()
    assert.ok(getter.value instanceof GreenletExit)
    assert.equal(host.takeReports().length, 1)
  })

  test(`of two, one is killed between the failure and its delivery: the other has observed it: ${name}`, async () => {
    const greenlet = spawn(failing)
    const getter = spawn(() => observe(greenlet))
    const other = reasonOf(greenlet)
    killBetween(getter, greenlet)
    assert.equal(await other, error)
    await quiet()
    assert.deepEqual(host.takeReports(), [])
  })
}

/** Kills `getter` right after `greenlet` has ended, before any other greenlet runs. */
function killBetween(getter: Greenlet, greenlet: Greenlet): void {
  spawn(function* () {
    while (!greenlet.dead) yield
    getter.kill()
  })
}
