import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'
import {
  AsyncResult,
  Greenlet,
  GreenletExit,
  Group,
  KilledError,
  Pool,
  all,
  allSettled,
  any,
  call,
  getCurrent,
  getHub,
  green,
  iwait,
  joinAll,
  killAll,
  race,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  spawnLater,
  supervise,
  until,
  wait,
  withTimeout,
  type Coroutine,
  type Operation,
} from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'
import { reasonOf } from '../reason-of.js'

const host = installVirtualHost()

function* forever(): Coroutine<string> {
  yield* sleep(Infinity)
  return 'a value'
}

/** All that wait for the value of a greenlet. */
const askers: Record<string, (greenlet: Greenlet<string>) => PromiseLike<unknown>> = {
  'await greenlet': (greenlet) => Promise.resolve(greenlet),
  'greenlet.then': (greenlet) => greenlet.then((value) => value),
  'greenlet.finally': (greenlet) => greenlet.finally(() => undefined),
  'greenlet.get': (greenlet) => greenlet.get({ timeout: 1000 }),
  'yield* greenlet': (greenlet) =>
    spawn(function* () {
      return yield* greenlet
    }),
  'yield greenlet': (greenlet) =>
    spawn(function* (): Coroutine<unknown> {
      return yield greenlet
    }),
  'a returned greenlet': (greenlet) => spawn(() => greenlet),
  'an async function': async (greenlet) => await greenlet,
  'until(greenlet)': (greenlet) => until(greenlet),
  'call(() => greenlet)': (greenlet) => call(() => greenlet),
  'green function': (greenlet) => green(() => greenlet)(),
  'Promise.all': (greenlet) => Promise.all([greenlet]),
  'Promise.race': (greenlet) => Promise.race([greenlet]),
  all: (greenlet) => all([greenlet, sleep(Infinity)]),
  race: (greenlet) => race([greenlet, sleep(Infinity)]),
  select: (greenlet) => select({ greenlet }),
  withTimeout: (greenlet) => withTimeout(1000, greenlet),
  shield: (greenlet) => shield(greenlet),
  scope: (greenlet) => scope(() => greenlet),
  'AsyncResult that is linked': (greenlet) => {
    const result = new AsyncResult<string>()
    greenlet.link(result)
    return result
  },
  'AsyncResult that is linked to the value': (greenlet) => {
    const result = new AsyncResult<string>()
    greenlet.linkValue(result)
    return result.get({ timeout: 1000 })
  },
}

for (const [name, ask] of Object.entries(askers)) {
  test(`${name} raises a KilledError, killed before or during the wait`, async () => {
    for (const isKilledBefore of [false, true]) {
      const greenlet = spawn(forever)
      await quiet()
      if (isKilledBefore) {
        greenlet.kill(new GreenletExit('too old'))
        await quiet()
      }
      const reason = reasonOf(ask(greenlet))
      await quiet()
      greenlet.kill(new GreenletExit('too old'))
      const error = await reason
      assert.ok(!(error instanceof GreenletExit))
      assert.ok(error instanceof KilledError)
      assert.equal(error.message, `<Greenlet #${greenlet.id} "forever"> was killed: too old`)
      assert.equal(error.cause, greenlet.value)
    }
    await quiet()
    assert.deepEqual(host.takeReports(), [])
  })
}

const pools: Record<string, (pool: Pool, fn: () => Coroutine<string>) => PromiseLike<unknown>> = {
  apply: (pool, fn) => pool.apply(fn),
  applyAsync: (pool, fn) => pool.applyAsync(fn),
  map: (pool, fn) => pool.map(fn, [1, 2, 3]),
  imap: (pool, fn) => read(pool.imap(fn, [1, 2, 3])),
  imapUnordered: (pool, fn) => read(pool.imapUnordered(fn, [1, 2, 3])),
  spawn: async (pool, fn) => await pool.spawn(fn),
}

async function read(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of results) values.push(value)
  return values
}

for (const [name, ask] of Object.entries(pools)) {
  test(`pool.${name} raises a KilledError when its greenlet is killed`, async () => {
    const pool = new Pool(2)
    const reason = reasonOf(ask(pool, forever))
    await quiet()
    await pool.kill()
    assert.ok((await reason) instanceof KilledError)
    await quiet()
    assert.deepEqual([pool.size, host.takeReports()], [0, []])
  })
}

test('a callback of applyAsync is not called for one that was killed', async () => {
  const values: unknown[] = []
  const greenlet = new Group().applyAsync({ callback: (value) => values.push(value) }, forever)
  await quiet()
  await greenlet.kill()
  await quiet()
  assert.deepEqual(values, [])
})

test('allSettled gives it as rejected, any counts it as failed', async () => {
  const [killed, other] = [spawn(forever), spawn(() => 'other')]
  await quiet()
  await killed.kill()
  const [settled] = await allSettled([killed])
  assert.ok(settled.status === 'rejected' && settled.reason instanceof KilledError)
  assert.equal(await any([killed, other]), 'other')
  const failure = await reasonOf(any([killed]))
  assert.ok(failure instanceof AggregateError && failure.errors[0] === settled.reason)
})

test('who waits for the end, and not for the value, is told nothing of it', async () => {
  const greenlet = spawn(forever)
  const linked: unknown[] = []
  greenlet.link(({ value }) => linked.push(value))
  greenlet.linkValue(({ value }) => linked.push(value))
  greenlet.linkError(() => linked.push('an error'))
  const group = new Group()
  group.add(greenlet)
  const waits = [
    greenlet.join(),
    joinAll([greenlet], { raiseError: true }),
    wait([greenlet]),
    group.join({ raiseError: true }),
    killAll([greenlet]),
    [...iwait([greenlet])][0] as Operation<unknown>,
  ]
  await quiet()
  const ended = Promise.all(waits.slice(0, 5))
  await greenlet.kill()
  assert.deepEqual(await ended, [true, [greenlet], [greenlet], true, true])
  await quiet()
  const { value, error, successful } = greenlet
  assert.ok((value as unknown) instanceof GreenletExit)
  assert.deepEqual([linked, error, successful], [[value, value], undefined, true])
})

test('every one who waits gets the same object', async () => {
  const greenlet = spawn(forever)
  const reasons = [reasonOf(greenlet), reasonOf(greenlet.get())]
  await quiet()
  greenlet.kill()
  const [first, second] = await Promise.all(reasons)
  assert.equal(first, second)
  assert.equal(await reasonOf(greenlet), first)
})

test('one that never ran is killed, too', async () => {
  for (const make of [() => spawn(forever), () => spawnLater(1000, forever), () => new Greenlet<string>(forever)]) {
    const greenlet = make()
    const reason = reasonOf(greenlet)
    greenlet.kill()
    assert.ok((await reason) instanceof KilledError)
  }
})

test('kill(error) raises that error, as it is', async () => {
  const error = new Error('too late')
  const greenlet = spawn(forever)
  await quiet()
  greenlet.kill(error)
  assert.equal(await reasonOf(greenlet), error)
})

test('a GreenletExit that is returned is a value like any other', async () => {
  const exit = new GreenletExit()
  assert.equal(await spawn(() => exit), exit)
})

test('it is not taken for a kill of one’s own: the greenlet that waits has failed', async () => {
  const greenlet = spawn(forever)
  const waiter = spawn(function* dependent() {
    yield* greenlet
  })
  await quiet()
  await greenlet.kill()
  await quiet()
  assert.ok(!waiter.successful && waiter.error instanceof KilledError)
  const [report] = host.takeReports()
  assert.match(
    report!,
    /"dependent"> ended with an error:\nKilledError: <Greenlet #\d+ "forever"> was killed\n +at .*dependent/,
  )
})

test('a killed greenlet that nobody waits for is not reported, nor one whose waiter was killed, too', async () => {
  const alone = spawn(forever)
  const greenlet = spawn(forever)
  const waiter = spawn(() => greenlet)
  await quiet()
  alone.kill()
  greenlet.kill()
  waiter.kill()
  await quiet()
  assert.deepEqual([waiter.successful, host.takeReports()], [true, []])
})

test('its cause says where the greenlet was', async () => {
  const greenlet = spawn(function* whereItWaits() {
    yield* sleep(Infinity)
  })
  await quiet()
  greenlet.kill()
  assert.match(
    inspect(await reasonOf(greenlet)),
    /^\[?KilledError: <Greenlet #\d+ "whereItWaits"> was killed[^]*GreenletExit: the greenlet was killed\n +at .*whereItWaits/,
  )
})

test('a child of a scope that is killed on purpose raises nothing', async () => {
  const greenlet = spawn(() =>
    scope(function* (s) {
      const child = s.spawn(forever)
      yield
      yield* child.kill()
      return 'done'
    }),
  )
  assert.equal(await greenlet, 'done')
})

test('what ends a scope is raised alone, though others wait for the values of those that it kills', async () => {
  const error = new Error('the first')
  const reason = reasonOf(
    scope(function* (s) {
      const child = s.spawn(forever)
      s.spawn(() => shield(child))
      s.spawn(function* () {
        yield* sleep(1)
        throw error
      })
      yield* shield(child)
    }),
  )
  await quiet()
  await host.advance(1)
  assert.equal(await reason, error)
})

test('a supervised child that is killed on purpose raises nothing', async () => {
  let child: Greenlet | undefined
  const supervisor = supervise([
    {
      restart: 'transient',
      run: function* child_() {
        child = getCurrent()
        yield* sleep(Infinity)
      },
    },
  ])
  const supervising = spawn(() => supervisor)
  await quiet()
  child!.kill()
  await supervising
  assert.equal(supervising.successful, true)
  assert.deepEqual(host.takeReports(), [])
})

test('run raises it when somebody kills the main greenlet', async () => {
  const reason = reasonOf(run(forever))
  await quiet()
  const main = getHub()
    .greenlets()
    .find((greenlet) => greenlet.name === 'forever')
  main!.kill()
  assert.ok((await reason) instanceof KilledError)
})
