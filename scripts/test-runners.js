/**
 * Runs a small suite under the test runners that people have: `node scripts/test-runners.js [runner…]`.
 *
 * Each must be green for a correct program, and red for an error that nobody sees, a deadlock and a leak; and its fake
 * timers must move the clock of the greenlets. The library has to be built. The runners are installed into a temporary
 * folder, but for Node's own. Those of Deno and Bun are among them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runners } from './runners/runners.js'
import { tryRunner } from './runners/try-runner.js'

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in runners))
if (unknown.length > 0) {
  console.error(`There is no runner ${unknown.join(', ')}: ${Object.keys(runners).join(', ')}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'gvent-runners-'))
let failures = 0
try {
  for (const [name, runner] of Object.entries(runners)) {
    if (names.length === 0 || names.includes(name)) failures += tryRunner(folder, name, runner)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failures === 0 ? 0 : 1)
