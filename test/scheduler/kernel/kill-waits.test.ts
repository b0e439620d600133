import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Greenlet,
  GreenletExit,
  Queue,
  all,
  call,
  green,
  idle,
  race,
  sleep,
  spawn,
  until,
  withTimeout,
  type Coroutine,
} from 'gvent/scheduler'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()
const never = new Promise<never>(() => undefined)
const queue = new Queue<string>(1)
const greenFunction = green(function* () {
  return yield* queue.get()
})
function* coroutine(): Coroutine<string> {
  return yield* queue.get()
}

/** Every kind of wait, each as what is yielded. All of them wait for an item, or for ever. */
const waits: Record<string, () => unknown> = {
  'queue.get': () => queue.get(),
  'queue.get with a timeout': () => queue.get({ timeout: 1000 }),
  'queue.get with a signal': () => queue.get({ signal: new AbortController().signal }),
  sleep: () => sleep(1000),
  'sleep for ever': () => sleep(Infinity),
  'a promise': () => never,
  'until a promise': () => until(never),
  'until a function': () => until(() => never),
  'a greenlet': () => new Greenlet(() => undefined),
  join: () => new Greenlet(() => undefined).join(),
  'get with a timeout': () => new Greenlet(() => undefined).get({ timeout: 1000 }),
  'a green function': () => greenFunction(),
  call: () => call(coroutine),
  'a coroutine': () => coroutine(),
  withTimeout: () => withTimeout(1000, queue.get()),
  race: () => race([queue.get(), sleep(1000), coroutine()]),
  all: () => all([queue.get(), sleep(1000), until(never)]),
}

/** The ways in which a wait may be reached from the body of a greenlet. */
const ways: Record<string, (wait: () => unknown) => () => unknown> = {
  yielded: (wait) =>
    function* () {
      return (yield wait()) as unknown
    },
  'returned by a plain function': (wait) => wait,
  'through native yield*': (wait) =>
    function* () {
      return yield* (function* (): Coroutine<unknown> {
        return yield* (function* (): Coroutine<unknown> {
          return yield wait()
        })()
      })()
    },
  'through green frames': (wait) =>
    green(function* () {
      return yield* green(function* (): Coroutine<unknown> {
        return yield wait()
      })()
    }),
  'through yielded coroutines': (wait) =>
    function* (): Coroutine<unknown> {
      return yield (function* (): Coroutine<unknown> {
        return yield wait()
      })()
    },
}

for (const [waitName, wait] of Object.entries(waits)) {
  test(`kill reaches a greenlet that waits for: ${waitName}; nothing of the wait is left`, async () => {
    for (const [wayName, way] of Object.entries(ways)) {
      const greenlet = spawn(way(wait))
      await quiet()
      assert.equal(greenlet.state, 'waiting', wayName)
      greenlet.kill()
      await quiet()
      assert.ok(greenlet.value instanceof GreenletExit, wayName)
      assert.equal(queue.stats().getters, 0, wayName)
      assert.equal(host.pendingTimers, 0, wayName)
    }
  })
}

test('killed after it was handed an item and before it ran, a greenlet gives the item to the next one', async () => {
  for (const [wayName, way] of Object.entries(ways)) {
    for (const waitName of [
      'queue.get',
      'queue.get with a timeout',
      'a green function',
      'call',
      'withTimeout',
      'race',
    ]) {
      const first = spawn(way(waits[waitName]!))
      const second = spawn(() => queue.get())
      await quiet()
      queue.putNowait('item')
      first.kill()
      assert.equal(await second, 'item', `${waitName} ${wayName}`)
      assert.ok(((await first.join()) && first.value) instanceof GreenletExit, `${waitName} ${wayName}`)
    }
  }
})

test('killed after it was handed an item, the item goes back to the front when nobody else waits', async () => {
  const wide = new Queue<number>()
  const getter = spawn(() => wide.get())
  await quiet()
  wide.putNowait(1)
  wide.putNowait(2)
  getter.kill()
  await quiet()
  assert.deepEqual([wide.getNowait(), wide.getNowait()], [1, 2])
})

test('killed while it is ready after a bare yield, sleep(0) or idle, it does not go on', async () => {
  for (const giveWay of [() => undefined, () => sleep(0), idle]) {
    const greenlet = spawn(function* () {
      yield giveWay()
      assert.fail('it went on')
    })
    spawn(() => void greenlet.kill())
    await quiet()
    assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  }
})

test('killed in the same turn as its timer went off, it does not go on', async () => {
  const greenlet = spawn(function* () {
    yield* sleep(5)
    assert.fail('it went on')
  })
  spawn(function* () {
    yield* sleep(4)
    host.burn(1)
    yield* sleep(0)
    greenlet.kill()
  })
  await host.advance(10)
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
})

test('a put that was killed did not happen', async () => {
  const full = new Queue<string>(1)
  full.putNowait('first')
  const putter = spawn(() => full.put('second'))
  await quiet()
  putter.kill()
  assert.equal(full.getNowait(), 'first')
  assert.equal(full.empty, true)
  await quiet()
})
