import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHub, idle, race, sleep, spawn, withTimeout } from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()
const LONGEST_TIMER = 2 ** 31 - 1

test('sleep waits for so many milliseconds, inside and outside, and gives undefined', async () => {
  const inside = spawn(() => sleep(5))
  const outside = sleep(5).then((value) => [value])
  await host.advance(4)
  assert.equal(inside.dead, false)
  await host.advance(1)
  assert.deepEqual([await inside, await outside], [undefined, [undefined]])
})

test('sleepers wake in the order of their times, and within a millisecond in the order in which they came', async () => {
  const log: string[] = []
  for (const [name, milliseconds] of Object.entries({ d: 3, a: 1, e: 3, b: 2, c: 2, f: 3 })) {
    spawn(function* () {
      yield* sleep(milliseconds)
      log.push(name)
    })
  }
  await host.advance(3)
  assert.equal(log.join(''), 'abcdef')
})

test('sleep(0) and sleep() give way to those that are ready, and need no timer', async () => {
  for (const nap of [() => sleep(0), () => sleep(), () => sleep(-0)]) {
    const log: string[] = []
    const greenlet = spawn(function* () {
      spawn(() => void log.push('other'))
      yield* nap()
      log.push('went on')
    })
    assert.equal(host.pendingTimers, 0)
    await greenlet
    assert.deepEqual(log, ['other', 'went on'])
  }
})

test('awaited outside, sleep(0) lets what is ready run first', async () => {
  for (let round = 0; round < 300; round++) {
    let ran = false
    spawn(() => (ran = true))
    await sleep(0)
    assert.equal(ran, true, `round ${round}`)
  }
})

test('sleep(0) can be one of several, and limited', async () => {
  assert.equal(await spawn(() => withTimeout(5, sleep(0), { value: 'late' })), undefined)
  const greenlet = spawn(() => race([sleep(100), sleep(0)]))
  await quiet()
  assert.equal(greenlet.dead, true)
})

test('idle lets everything that is ready, timers and I/O go first', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    spawn(function* () {
      for (let step = 0; step < 3; step++) yield
      log.push('ready')
    })
    setImmediate(() => log.push('loop'))
    yield* idle()
    log.push('idle')
  })
  await greenlet
  assert.deepEqual(log, ['ready', 'loop', 'idle'])
  await idle()
})

test('a sleep longer than the longest timer of the platform ends in time, and not before', async () => {
  for (const milliseconds of [LONGEST_TIMER, 2 ** 31, 2 ** 32, 5 * 2 ** 31 + 7]) {
    const greenlet = spawn(() => sleep(milliseconds))
    await host.advance(milliseconds - 1)
    assert.equal(greenlet.dead, false)
    await host.advance(1)
    assert.equal(greenlet.dead, true)
  }
})

test('sleep(Infinity) waits for ever, without a timer', async () => {
  for (const nap of [spawn(() => sleep(Infinity)), spawn(() => withTimeout(Infinity, sleep(Infinity)))]) {
    await host.advance(2 ** 33)
    assert.equal(nap.state, 'waiting')
    assert.equal(host.pendingTimers, 0)
    nap.kill()
    await quiet()
  }
})

test('an absurdly long sleep neither ends nor disturbs others', async () => {
  const long = [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, 1e300].map((milliseconds) =>
    spawn(() => sleep(milliseconds)),
  )
  const short = spawn(() => sleep(1))
  await host.advance(1)
  assert.equal(short.dead, true)
  for (const greenlet of long) {
    assert.equal(greenlet.state, 'waiting')
    await greenlet.kill()
  }
})

test('what is no duration is refused, naming the value', () => {
  for (const [value, name, message] of [
    [NaN, 'RangeError', /got NaN/],
    [-1, 'RangeError', /got -1/],
    [-Infinity, 'RangeError', /got -Infinity/],
    ['5', 'TypeError', /got "5"/],
    [5n, 'TypeError', /got 5/],
    [null, 'TypeError', /got null/],
    [true, 'TypeError', /got true/],
    [[5], 'TypeError', /got an array/],
    [{}, 'TypeError', /got an object/],
    [new Date(), 'TypeError', /got a Date/],
    [Symbol('s'), 'TypeError', /got Symbol\(s\)/],
  ] as const) {
    assert.throws(() => sleep(value as never), { name, code: 'GVENT_BAD_ARGUMENT', message })
    assert.throws(() => sleep(value as never), { message: /^sleep\(milliseconds\): expected/ })
  }
})

test('a killed sleep takes its timer along, so that it keeps no program alive', async () => {
  const greenlet = spawn(() => sleep(1_000_000))
  await quiet()
  assert.equal(host.pendingTimers, 1)
  greenlet.kill()
  await quiet()
  assert.equal(host.pendingTimers, 0)
})

test('one timer of the platform stands for all, set for the earliest', async () => {
  const sleepers = [50, 10, 30].map((milliseconds) => spawn(() => sleep(milliseconds)))
  await quiet()
  assert.equal(host.pendingTimers, 1)
  await host.advance(10)
  assert.deepEqual(
    sleepers.map(({ dead }) => dead),
    [false, true, false],
  )
  assert.equal(host.pendingTimers, 1)
  const earlier = spawn(() => sleep(5))
  await host.advance(5)
  assert.equal(earlier.dead, true)
  await host.advance(35)
  assert.ok(sleepers.every(({ dead }) => dead))
})

test('a sleep is never early, whatever fraction of a millisecond the clock stands at', async () => {
  for (const fraction of [0.1, 0.5, 0.9, 0.999]) {
    host.burn(fraction)
    for (const milliseconds of [0.001, 0.5, 1, 1.5, 2.9]) {
      const start = getHub().now()
      const greenlet = spawn(function* () {
        yield* sleep(milliseconds)
        return getHub().now() - start
      })
      await host.advance(5)
      const slept = await greenlet
      assert.ok(slept >= milliseconds && slept <= milliseconds + 2, `${milliseconds} at .${fraction}: ${slept}`)
    }
  }
})
