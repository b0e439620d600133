import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../', import.meta.url))

// The others are installed for it: npm run test:runners.
test('node:test is green for a correct program, and red for a lost error, a deadlock and a leak', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/test-runners.js', 'node:test'], {
    cwd: root,
  })
  assert.deepEqual(
    stdout.trim().split('\n'),
    ['correct', 'green', 'async', 'lost', 'deadlock', 'leak'].map((suite) => `✔ node:test: ${suite}`),
  )
})
