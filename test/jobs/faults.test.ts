import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultEngines } from './faults/clients.js'
import { faults, runUnderFaults } from './faults/fault-run.js'

// The other engines, and ten thousand jobs: npm run test:jobs-faults.
test(
  'no job is lost, and none runs twice without a reason, whatever is done to the workers and their engine',
  { skip: faultEngines.redis.without, timeout: 300_000 },
  async (context) => {
    const report = await runUnderFaults('redis', 300, faults, (line) => {
      context.diagnostic(line)
    })
    const { lost, unexplained, dead, pending } = report
    assert.deepEqual({ lost, unexplained, dead, pending }, { lost: [], unexplained: [], dead: ['poison'], pending: 0 })
  },
)
