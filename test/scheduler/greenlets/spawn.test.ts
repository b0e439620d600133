import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, GreenletExit, getCurrent, green, run, sleep, spawn, spawnLater, until } from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

test('spawn gives a greenlet at once and runs nothing of it yet', async () => {
  const log: string[] = []
  const greenlet = spawn(() => void log.push('ran'))
  assert.ok(greenlet instanceof Greenlet)
  assert.deepEqual(log, [])
  await greenlet
  assert.deepEqual(log, ['ran'])
})

test('greenlets start in the order in which they were spawned', async () => {
  const log: number[] = []
  for (let index = 0; index < 100; index++) spawn(() => void log.push(index))
  await quiet()
  assert.deepEqual(
    log,
    Array.from({ length: 100 }, (_, index) => index),
  )
})

test('spawning inside a greenlet does not switch, and the new one goes behind all that are ready', async () => {
  const log: string[] = []
  spawn(function* () {
    spawn(() => void log.push('child'))
    log.push('parent')
    yield
    log.push('parent again')
  })
  spawn(() => void log.push('sibling'))
  await quiet()
  assert.deepEqual(log, ['parent', 'sibling', 'child', 'parent again'])
})

test('sleep(0) and a bare yield interleave greenlets in order', async () => {
  for (const giveWay of [() => sleep(0), () => undefined]) {
    const log: string[] = []
    const step = function* (name: string) {
      for (let round = 1; round <= 3; round++) {
        log.push(`${name}${round}`)
        yield giveWay()
      }
    }
    await Promise.all(['a', 'b', 'c'].map((name) => spawn(step, name)))
    assert.equal(log.join(' '), 'a1 b1 c1 a2 b2 c2 a3 b3 c3')
  }
})

test('sleep(0) delegated to interleaves like a bare yield', async () => {
  const log: string[] = []
  const step = function* (name: string) {
    for (let round = 1; round <= 2; round++) {
      log.push(`${name}${round}`)
      yield* sleep(0)
    }
  }
  spawn(step, 'a')
  spawn(function* () {
    log.push('b1')
    yield
    log.push('b2')
  })
  await quiet()
  assert.equal(log.join(' '), 'a1 b1 a2 b2')
})

test('the arguments reach a generator function, a green function and a plain function', async () => {
  const expected = [1, 'two', { three: 3 }]
  const take = (...args: unknown[]) => args
  assert.deepEqual(
    await spawn(
      function* (...args: unknown[]) {
        return args
      },
      ...expected,
    ),
    expected,
  )
  assert.deepEqual(
    await spawn(
      green(function* (...args: unknown[]) {
        yield
        return args
      }),
      ...expected,
    ),
    expected,
  )
  assert.deepEqual(await spawn(take, ...expected), expected)
})

test('what a plain function returns is waited for: a promise, an operation, a coroutine, a greenlet', async () => {
  const child = function* () {
    yield
    return 'coroutine'
  }
  assert.equal(await spawn(() => Promise.resolve('promise')), 'promise')
  assert.equal(await spawn(async () => 'async'), 'async')
  assert.equal(await spawn(() => until(Promise.resolve('operation'))), 'operation')
  assert.equal(await spawn(() => child()), 'coroutine')
  assert.equal(await spawn(() => spawn(child)), 'coroutine')
  assert.equal(await spawn(() => undefined), undefined)
})

test('an async function is waited for outside of the greenlet', async () => {
  const greenlet = spawn(async () => {
    assert.equal(getCurrent(), greenlet)
    await sleep(5)
    assert.equal(getCurrent(), undefined)
    return 'done'
  })
  await host.advance(5)
  assert.equal(await greenlet, 'done')
})

test('what a plain function throws, or its promise rejects with, ends the greenlet', async () => {
  const error = new Error('thrown')
  const thrown = spawn(() => {
    throw error
  })
  await assert.rejects(Promise.resolve(thrown), error)
  await assert.rejects(Promise.resolve(spawn(() => Promise.reject(error))), error)
})

test('spawn of anything but a function says what it got and how to write it', () => {
  const coroutine = (function* named() {
    yield
  })()
  assert.throws(() => spawn(coroutine as never), {
    name: 'TypeError',
    message: /spawn\(fn, \.\.\.args\), not spawn\(fn\(/,
  })
  for (const value of [undefined, null, 1, 'text', {}, [], Symbol('s'), Promise.resolve()]) {
    assert.throws(() => spawn(value as never), { name: 'TypeError', code: 'GVENT_BAD_ARGUMENT', message: /function/ })
  }
})

test('spawnLater starts after the time, not before', async () => {
  const log: string[] = []
  const greenlet = spawnLater(10, (text: string) => log.push(text), 'ran')
  assert.equal(greenlet.state, 'created')
  assert.equal(greenlet.started, false)
  await host.advance(9)
  assert.deepEqual(log, [])
  await host.advance(1)
  assert.deepEqual(log, ['ran'])
  assert.equal(await greenlet, 1)
})

test('a spawnLater that is killed before its time never runs, and its timer is gone', async () => {
  const greenlet: Greenlet = spawnLater(10, () => assert.fail('it runs'))
  assert.equal(host.pendingTimers, 1)
  greenlet.kill()
  assert.equal(greenlet.dead, true)
  assert.ok(greenlet.value instanceof GreenletExit)
  assert.equal(host.pendingTimers, 0)
  await host.advance(20)
})

test('a spawnLater that is started by hand does not start a second time', async () => {
  let count = 0
  const greenlet = spawnLater(10, () => ++count)
  greenlet.start()
  assert.equal(await greenlet, 1)
  assert.equal(host.pendingTimers, 0)
  await host.advance(20)
  assert.equal(count, 1)
})

test('spawnLater(Infinity) waits until it is started by hand, and refuses what is no duration', async () => {
  const greenlet = spawnLater(Infinity, () => 'ran')
  assert.equal(host.pendingTimers, 0)
  assert.equal(await greenlet.start(), 'ran')
  assert.throws(() => spawnLater(-1, () => 0), { name: 'RangeError', message: /spawnLater\(milliseconds/ })
  assert.throws(() => spawnLater('5' as never, () => 0), { name: 'TypeError', message: /got "5"/ })
})

test('run gives a promise of the value or the error', async () => {
  const value = run(
    function* (a: number, b: number) {
      yield* sleep(1)
      return a + b
    },
    1,
    2,
  )
  assert.ok((value as unknown) instanceof Promise)
  await host.advance(1)
  assert.equal(await value, 3)
  const error = new Error('failed')
  await assert.rejects(
    run(() => {
      throw error
    }),
    error,
  )
  await assert.rejects(run(1 as never), TypeError)
})

test('an async function* is refused: nobody would run what it returns', async () => {
  const work = async function* work() {
    yield 1
  }
  // eslint-disable-next-line gvent/no-async-generators -- it is refused
  await assert.rejects(run(work), { name: 'TypeError', message: /^work is an async function\*.* write function\*/ })
  const opened = await run(() => work())
  assert.deepEqual(await opened.next(), { value: 1, done: false })
})
