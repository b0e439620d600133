import assert from 'node:assert/strict'
import nodeCrypto, { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Queue, getHub, sleep, spawn, until } from 'gvent'
import { explore, simulate } from 'gvent/testing'

const globals = true

test('clocks follow the simulation', async () => {
  await simulate({ globals }, function* () {
    assert.equal(new Date().toISOString(), '2000-01-01T00:00:00.000Z')
    const [date, time] = [Date.now(), performance.now()]
    yield* sleep(90_061)
    assert.equal(Date.now() - date, 90_061)
    assert.equal(performance.now() - time, 90_061)
    assert.equal(new Date().toISOString(), '2000-01-01T00:01:30.061Z')
    assert.ok(new Date() instanceof Date)
    assert.equal(new Date(0).getTime(), 0)
    assert.equal(Date.UTC(1970, 0, 1), 0)
  })
})

test('clocks that a test runner has put in place of the platform’s follow the simulation, and are back afterwards', async () => {
  const { performance } = globalThis
  const fake = { now: () => 42 } as typeof performance
  globalThis.performance = fake
  try {
    await simulate({ globals }, function* () {
      yield* sleep(1000)
      assert.equal(globalThis.performance.now(), 1000)
    })
    assert.equal(globalThis.performance, fake)
    assert.equal(fake.now(), 42)
  } finally {
    globalThis.performance = performance
  }
})

test('timers of the platform ring on the virtual clock', async () => {
  const log = await simulate({ globals }, function* () {
    const log: string[] = []
    const note = (what: string): void => void log.push(`${what} at ${Date.now() % 1000}`)
    setTimeout(note, 20, 'timeout')
    const interval = setInterval(note, 15, 'interval')
    const stopped = setTimeout(note, 5, 'never')
    clearTimeout(stopped)
    const numbered = +setTimeout(note, 5, 'never')
    clearTimeout(numbered)
    clearTimeout(undefined)
    setImmediate(note, 'immediate')
    clearImmediate(setImmediate(note, 'never'))
    yield* sleep(40)
    clearInterval(interval)
    const late = setTimeout(note, 10, 'refreshed')
    yield* sleep(5)
    late.refresh()
    yield* sleep(20)
    return log
  })
  assert.deepEqual(log, ['immediate at 0', 'interval at 15', 'timeout at 20', 'interval at 30', 'refreshed at 55'])
})

test('an hour of promises over setTimeout takes no time', async () => {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_800_000))
  const time = await simulate({ globals }, function* () {
    yield* until(pause())
    yield* until(pause())
    return performance.now()
  })
  assert.equal(time, 3_600_000)
})

test('a timer that is set at the end is a leak, unless it does not count', async () => {
  await assert.rejects(
    simulate({ globals }, () => void setTimeout(() => undefined, 3_600_000)),
    { kind: 'leak' },
  )
  await simulate({ globals }, () => {
    const timeout = setTimeout(() => undefined, 3_600_000).unref()
    assert.equal(timeout.hasRef(), false)
  })
})

test('chance comes from the seed', async () => {
  const draw = (seed: number) =>
    simulate({ globals, seed }, () => [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(4))])
  assert.deepEqual(await draw(1), await draw(1))
  assert.notDeepEqual(await draw(1), await draw(2))
  const [, uuid] = await draw(3)
  assert.match(String(uuid), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('chance that a module imported by name comes from the seed, too', async () => {
  const draw = (seed: number) =>
    simulate({ globals, seed }, () => [
      randomUUID(),
      nodeCrypto.randomUUID(),
      randomBytes(8).toString('hex'),
      randomInt(1_000_000),
      randomInt(5, 1_000_000),
    ])
  assert.deepEqual(await draw(1), await draw(1))
  assert.notDeepEqual(await draw(1), await draw(2))
  const random = await simulate({ globals }, function* () {
    return yield* until(
      new Promise<unknown[]>((resolve) => {
        randomBytes(8, (_error, bytes) => {
          randomInt(10, (_none, number) => {
            resolve([bytes.length, number < 10])
          })
        })
      }),
    )
  })
  assert.deepEqual(random, [8, true])
})

test('hrtime follows the simulation', async () => {
  await simulate({ globals }, function* () {
    const [begin, beginBig] = [process.hrtime(), process.hrtime.bigint()]
    yield* sleep(2500)
    assert.deepEqual(process.hrtime(begin), [2, 500_000_000])
    assert.equal(process.hrtime.bigint() - beginBig, 2_500_000_000n)
  })
})

test('AbortSignal.timeout follows the simulation, and is no leak', async () => {
  await simulate({ globals }, function* () {
    AbortSignal.timeout(3_600_000)
    const signal = AbortSignal.timeout(60_000)
    const error = yield* spawn(function* () {
      try {
        yield* new Queue().get({ signal })
      } catch (error) {
        return error as Error
      }
      return undefined
    })
    assert.equal(error?.name, 'TimeoutError')
    assert.equal(getHub().now(), 60_000)
  })
})

test('a program that uses them is the same in every run', async () => {
  await explore(
    function* () {
      yield* sleep(Math.random() * 10)
      yield* spawn(() => sleep(Date.now() % 10))
      if (crypto.randomUUID() < '8') yield
    },
    { globals, schedules: 50 },
  )
})

test('an error in a callback of a timer ends the run', async () => {
  await assert.rejects(
    simulate({ globals }, function* () {
      setTimeout(() => assert.fail('in the callback'), 1)
      yield* sleep(10)
    }),
    /in the callback/,
  )
})

test('the platform has its own back afterwards', async () => {
  const before = owned()
  await simulate({ globals }, () => sleep(1))
  await assert.rejects(simulate({ globals }, () => assert.fail('on purpose')))
  assert.deepEqual(owned(), before)
})

/** The platform's own functions, as they are found at the moment. */
function owned(): unknown[] {
  const objects: [object, string[]][] = [
    [globalThis, ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout']],
    [performance, ['now']],
    [Math, ['random']],
    [crypto, ['randomUUID', 'getRandomValues']],
    [nodeCrypto, ['randomUUID', 'randomBytes', 'randomInt']],
    [{ randomUUID, randomBytes, randomInt }, ['randomUUID', 'randomBytes', 'randomInt']],
    [process, ['hrtime']],
    [AbortSignal, ['timeout']],
  ]
  return objects.flatMap(([object, keys]) =>
    keys.map((key) => [Object.hasOwn(object, key), Reflect.get(object, key) as unknown]),
  )
}
