/**
 * Searches far longer than the tests do each time: `npm run test:search [schedules]`. Every program of the corpus
 * without its bug, and every primitive of the scheduler, runs in so many schedules, 10,000 by default.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [schedules = '10000'] = process.argv.slice(2)
const script = fileURLToPath(new URL('test.js', import.meta.url))
const { status } = spawnSync(process.execPath, [script, '--build', 'testing/corpus', 'testing/primitives'], {
  stdio: 'inherit',
  env: { ...process.env, GVENT_SCHEDULES: schedules },
})
process.exitCode = status ?? 1
