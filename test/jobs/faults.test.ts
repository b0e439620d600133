import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { faultEngines } from './faults/clients.js'
import { faults, runUnderFaults } from './faults/fault-run.js'

// The other engines, and ten thousand jobs: npm run test:jobs-faults.
describe('no job is lost, and none runs twice without a reason, whatever is done to the workers and their engine', () => {
  for (const name of ['redis', 'nats'] as const) {
    test(name, { skip: faultEngines[name].without, timeout: 300_000 }, async (context) => {
      const report = await runUnderFaults(name, 300, faults, (line) => {
        context.diagnostic(line)
      })
      const { lost, unexplained, dead, pending } = report
      assert.deepEqual(
        { lost, unexplained, dead, pending },
        { lost: [], unexplained: [], dead: ['poison'], pending: 0 },
      )
    })
  }
})
