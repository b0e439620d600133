import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHub, joinAll, run, spawn, type Coroutine } from 'gvent'
import { Rate } from '#examples/fetcher/rate'

function* takeTurns(perSecond: number, turns: number): Coroutine<{ order: number[]; times: number[] }> {
  const rate = new Rate(perSecond)
  const start = getHub().now()
  const order: number[] = []
  const times: number[] = []
  function* take(number: number): Coroutine<void> {
    yield* rate.turn()
    order.push(number)
    times.push(getHub().now() - start)
  }
  yield* joinAll(Array.from({ length: turns }, (_, number) => spawn(take, number)))
  return { order, times }
}

test('turns come no faster than the rate, in the order in which they were asked for', async () => {
  const { order, times } = await run(takeTurns, 200, 6)
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5])
  for (const [number, time] of times.entries()) assert.ok(time >= number * 5 - 0.001, `turn ${number} after ${time} ms`)
})

test('without a limit every turn comes at once', async () => {
  const { order } = await run(takeTurns, Infinity, 3)
  assert.deepEqual(order, [0, 1, 2])
})
