import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchMany } from './million/many.js'

test('of 10,000 URLs each is fetched and has one line, though the program is killed in the middle', async () => {
  const count = 10_000
  const { fetched, others, requests, status } = await fetchMany(count)
  assert.deepEqual([fetched, others, status], [count, 0, 0])
  // Those that were under way when it was killed are fetched again, and no others.
  assert.ok(requests <= count + 100)
})
