import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Delays } from '#io/cluster/delays'

const backoff = { initial: 100, factor: 2, max: 500, jitter: 0.5 }

test('the delay grows up to its limit, and begins anew after a worker that has lived for a minute', () => {
  const delays = new Delays(backoff, () => 0)
  delays.ended(10)
  assert.deepEqual([delays.next(), delays.next(), delays.next(), delays.next()], [100, 200, 400, 500])
  delays.ended(59_999)
  assert.equal(delays.next(), 500)
  delays.ended(60_000)
  assert.deepEqual([delays.next(), delays.next()], [100, 200])
})

test('a part of it is taken off at random', () => {
  assert.equal(new Delays(backoff, () => 1).next(), 50)
})
