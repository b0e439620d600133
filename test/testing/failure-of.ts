import assert from 'node:assert/strict'
import { SimulationFailure } from 'gvent/testing'

/** What a simulation is expected to fail with. */
export async function failureOf(simulation: Promise<unknown>): Promise<SimulationFailure> {
  const error: unknown = await simulation.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof SimulationFailure, String(error))
  return error
}
