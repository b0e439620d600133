import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStorm } from './storm.js'

test('of 20,000 greenlets parked on everything there is and killed in random order nothing is left', async () => {
  for (const seed of [1, 2]) {
    const storm = createStorm(20_000, seed)
    await storm.parked
    assert.equal(await storm.killAll(), true)
    assert.deepEqual(storm.result(), { cleanups: 20_000, left: 0 })
  }
})
