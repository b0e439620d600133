import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulationFailure, explore, simulate } from 'gvent/testing'
import { corpus, corpusOverNetwork, type Case } from './corpus/index.js'
import { schedulesOf, seedsOf } from './schedules.js'

const MOST_SCHEDULES = 500
const MOST_SWITCHES = 4

async function find(program: () => unknown, seed: number): Promise<SimulationFailure | undefined> {
  try {
    await explore(program, { seed, schedules: MOST_SCHEDULES })
  } catch (error) {
    assert.ok(error instanceof SimulationFailure, String(error))
    return error
  }
  return undefined
}

function testCase({ name, kind, broken, sound }: Case, seeds: number, soundSchedules: number): void {
  test(`${name}: found with 19 of 20 seeds, told in few decisions, and repeated`, async () => {
    let missed = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const failure = await find(broken, seed)
      if (failure === undefined) {
        missed++
        continue
      }
      assert.equal(failure.kind, kind, failure.message)
      assert.ok(failure.switches.length <= MOST_SWITCHES, failure.message)
      await assert.rejects(simulate({ replay: failure.token }, broken), (raised: SimulationFailure) => {
        assert.equal(raised.kind, kind)
        assert.equal(raised.diagram, failure.diagram)
        if (kind === 'error') assert.equal((raised.cause as Error).message, (failure.cause as Error).message)
        return true
      })
    }
    assert.ok(missed <= seeds / 20, `not found with ${missed} of ${seeds} seeds`)
  })

  test(`${name}: no alarm without the bug, in ${soundSchedules} schedules`, async () => {
    await explore(sound, { schedules: soundSchedules })
  })
}

for (const each of corpus) testCase(each, seedsOf(3), schedulesOf(100))
// Node's own streams stand in for most of the time that these take.
for (const each of corpusOverNetwork) testCase(each, seedsOf(1), schedulesOf(30))

test('most of these bugs hide in production’s order', async () => {
  const shown: string[] = []
  for (const { name, broken } of [...corpus, ...corpusOverNetwork]) {
    await explore(broken, { schedules: 1 }).catch(() => shown.push(name))
  }
  assert.deepEqual(shown, ['lost update of promises', 'job taken along', 'permit lost after hand-off'])
})
