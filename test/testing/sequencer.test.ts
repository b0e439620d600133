import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinAll, run, spawn, sleep } from 'gvent'
import { Sequencer, explore, waitAllBlocked } from 'gvent/testing'

test('turns are taken in order in every schedule', async () => {
  await explore(
    function* () {
      const sequencer = new Sequencer()
      const log: number[] = []
      const take = function* (...positions: number[]) {
        for (const position of positions) {
          using _turn = yield* sequencer.turn(position)
          log.push(position)
          yield
          log.push(position)
        }
      }
      yield* joinAll([spawn(take, 0, 3), spawn(take, 2), spawn(take, 1, 4)])
      assert.deepEqual(log, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    },
    { schedules: 200 },
  )
})

test('a turn that was given up counts as over', async () => {
  await explore(
    function* () {
      const sequencer = new Sequencer()
      const killed = spawn(() => sequencer.turn(1))
      const last = spawn(() => sequencer.turn(2))
      yield* waitAllBlocked()
      killed.kill()
      const first = yield* sequencer.turn(0)
      first[Symbol.dispose]()
      first[Symbol.dispose]()
      yield* last
    },
    { schedules: 200 },
  )
})

test('it works without a simulation', async () => {
  const log: number[] = []
  await run(function* () {
    const sequencer = new Sequencer()
    const take = function* (position: number) {
      using _turn = yield* sequencer.turn(position)
      yield* sleep(1)
      log.push(position)
    }
    yield* joinAll([2, 0, 1].map((position) => spawn(take, position)))
  })
  assert.deepEqual(log, [0, 1, 2])
})

test('a turn is used once, and its position is a whole number', async () => {
  await run(function* () {
    const sequencer = new Sequencer()
    yield* sequencer.turn(0)
    const again = spawn(() => sequencer.turn(0))
    yield* again.join()
    assert.match(String(again.error), /turn\(0\): there was one before/)
    again.linkError(() => undefined)
    assert.throws(() => sequencer.turn(-1), RangeError)
  })
})
