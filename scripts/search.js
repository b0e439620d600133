/**
 * Searches far longer than the tests do each time: `npm run test:search [schedules] [seeds]`. Every program of the
 * corpus without its bug, and every primitive of the scheduler, runs in so many schedules, 10,000 by default; the bugs
 * are looked for with so many seeds, 20 by default. A table tells how soon each was found, which
 * `bench/corpus.json` keeps.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [schedules = '10000', seeds = '20'] = process.argv.slice(2)
const searched = run(join('scripts', 'test.js'), '--build', 'testing/corpus', 'testing/primitives')
const results = join('bench', 'corpus.json')
const measured = run(join('build', 'test', 'testing', 'corpus', 'measure.js'), seeds, results)
process.exitCode = searched || measured

function run(...args) {
  const env = { ...process.env, GVENT_SCHEDULES: schedules, GVENT_SEEDS: seeds }
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1
}
