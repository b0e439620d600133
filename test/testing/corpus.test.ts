import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulationFailure, explore, simulate } from 'gvent/testing'
import { corpus } from './corpus/index.js'
import { schedulesOf } from './schedules.js'

const SEEDS = 20
const MOST_SCHEDULES = 500
const MOST_SWITCHES = 4
const soundSchedules = schedulesOf(300)

async function find(program: () => unknown, seed: number): Promise<SimulationFailure | undefined> {
  try {
    await explore(program, { seed, schedules: MOST_SCHEDULES })
  } catch (error) {
    assert.ok(error instanceof SimulationFailure, String(error))
    return error
  }
  return undefined
}

for (const { name, kind, broken, sound } of corpus) {
  test(`${name}: found with 19 of 20 seeds, in few switches, and repeated`, async () => {
    let found = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const failure = await find(broken, seed)
      if (failure === undefined) continue
      found++
      assert.equal(failure.kind, kind)
      assert.ok(failure.switches.length <= MOST_SWITCHES, failure.message)
      await assert.rejects(simulate({ replay: failure.token }, broken), (raised: Error) =>
        kind === 'error'
          ? raised.message === (failure.cause as Error).message
          : (raised as SimulationFailure).kind === kind,
      )
    }
    assert.ok(found >= SEEDS - 1, `found with ${found} of ${SEEDS} seeds`)
  })

  test(`${name}: no alarm without the bug, in ${soundSchedules} schedules`, async () => {
    await explore(sound, { schedules: soundSchedules })
  })
}

test('most of these bugs hide in production’s order', async () => {
  const shown: string[] = []
  for (const { name, broken } of corpus) {
    await explore(broken, { schedules: 1 }).catch(() => shown.push(name))
  }
  assert.ok(shown.length <= 1, shown.join())
})
