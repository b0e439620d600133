import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lock, getHub, joinAll, sleep, spawn } from 'gvent'
import { advance, simulate, waitAllBlocked } from 'gvent/testing'

test('waitAllBlocked() resumes when all others wait, before the clock moves', async () => {
  await simulate(function* () {
    let steps = 0
    const worker = spawn(function* () {
      for (; steps < 5; steps++) yield
      yield* sleep(1)
      steps = 100
    })
    yield* waitAllBlocked()
    assert.equal(steps, 5)
    assert.equal(worker.state, 'waiting')
    assert.equal(getHub().now(), 0)
    yield* worker
  })
})

test('several may wait until all are blocked', async () => {
  await simulate(function* () {
    let settled = 0
    const wait = function* () {
      yield* waitAllBlocked()
      settled++
    }
    yield* joinAll([spawn(wait), spawn(wait)])
    assert.equal(settled, 2)
  })
})

test('advance(ms) lets everything happen that is due by then, each at its own time', async () => {
  await simulate({ autojump: false }, function* () {
    const log: string[] = []
    spawn(function* () {
      for (let count = 0; count < 4; count++) {
        yield* sleep(10)
        log.push(`tick at ${getHub().now()}`)
      }
    })
    yield* advance(20)
    assert.deepEqual(log, ['tick at 10', 'tick at 20'])
    assert.equal(getHub().now(), 20)
    yield* advance(9)
    assert.equal(log.length, 2)
    yield* advance(1)
    assert.deepEqual(log.slice(2), ['tick at 30'])
    yield* advance(15)
    assert.equal(getHub().now(), 45)
  })
})

test('advance(0) is waitAllBlocked()', async () => {
  await simulate(function* () {
    const lock = new Lock()
    const permit = yield* lock.acquire()
    const other = spawn(() => lock.acquire())
    yield* advance(0)
    assert.equal(other.state, 'waiting')
    permit.release()
  })
})

test('with autojump: false nothing else moves the clock', async () => {
  await assert.rejects(
    simulate({ autojump: false }, () => sleep(1)),
    { kind: 'deadlock' },
  )
})

test('an advance() and a waitAllBlocked() that are given up leave nothing behind', async () => {
  await simulate(function* () {
    const waits = [spawn(() => advance(10)), spawn(() => waitAllBlocked())]
    yield
    for (const wait of waits) wait.kill()
    yield* sleep(100)
    assert.ok(waits.every((wait) => wait.dead))
  })
})

test('outside of a simulation they say so', () => {
  assert.throws(() => advance(1), { code: 'GVENT_NO_SIMULATION', message: /advance\(\) outside of a simulation/ })
  assert.throws(() => waitAllBlocked(), { code: 'GVENT_NO_SIMULATION' })
  assert.throws(() => advance(-1), RangeError)
  assert.throws(() => advance(Infinity), RangeError)
})
