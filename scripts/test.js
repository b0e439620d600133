/**
 * Runs the compiled tests: `node scripts/test.js [--build] [--unit] [substring…]`.
 *
 * The files are listed here because `node --test` of Node 20 takes no patterns. With substrings only the test files
 * whose path contains one of them run; without any, `--unit` leaves out those that take most of the time.
 * With `--build` it builds first, and runs the tests even if a type is wrong somewhere (which fails the run all the
 * same): whoever works on one part wants to see its tests while another part is being rewritten.
 *
 * It says how long the same choice of files took the last time, how far it is, and how long it took.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'build', 'test')
const durations = join(root, 'build', 'test-durations.json')
/**
 * For tests that hang. It is no measure of speed: on a machine that is ten times slower nothing comes near them, and the
 * reporter tells meanwhile what has been running for long.
 */
const testLimit = 10 * 60_000
const limit = 4 * 60 * 60_000
/** What packs, installs, compiles or searches, and starts a process for each test: most of the time of a whole run. */
const slow = [
  'test/package/',
  'test/docs/snippet',
  'test/docs/error-snippets',
  'test/docs/testing',
  'test/ecosystem/',
  'test/examples/',
  'test/testing/corpus.test',
  'test/testing/noisy-failures.test',
  'test/testing/primitives-',
  'test/scheduler/reports/forgotten-waits.test',
]
const { values, positionals } = parseArgs({
  options: { build: { type: 'boolean', default: false }, unit: { type: 'boolean', default: false } },
  allowPositionals: true,
})

const buildStatus = values.build ? runNode([join('scripts', 'build.js')]) : 0

const files = (existsSync(built) ? readdirSync(built, { recursive: true }) : [])
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => !values.unit || positionals.length > 0 || !slow.some((part) => `test/${file}`.includes(part)))
  .filter((file) => positionals.length === 0 || positionals.some((part) => `test/${file}`.includes(part)))
  .sort()
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(' ') || 'anything'}: is ${built} built?`)
  process.exit(1)
}

const choice = [values.unit ? '--unit' : '', ...positionals].join(' ').trim() || 'all'
const last = readDurations()
const before = last[choice] === undefined ? '' : `; the last time they took ${inWords(last[choice])}`
console.log(`${files.length} files of tests${before}`)

const started = performance.now()
const testStatus = runNode([
  '--enable-source-maps',
  '--expose-gc',
  '--test',
  // More would make files that themselves start many processes wait for one another.
  `--test-concurrency=${Math.min(4, Math.max(2, availableParallelism()))}`,
  `--test-timeout=${testLimit}`,
  `--test-reporter=${new URL('reporter.js', import.meta.url).href}`,
  '--test-reporter-destination=stdout',
  ...files.map((file) => join('build', 'test', file)),
])
const took = performance.now() - started
console.log(`They took ${inWords(took)}.`)
if (testStatus === 0) writeFileSync(durations, JSON.stringify({ ...last, [choice]: Math.round(took) }))
if (testStatus === undefined) console.error(`The tests did not end within ${inWords(limit)}.`)
if (buildStatus !== 0) console.error('The build failed: see above.')
process.exit((testStatus ?? 1) || buildStatus)

/** How long each choice of files took when all of them passed. */
function readDurations() {
  return existsSync(durations) ? JSON.parse(readFileSync(durations, 'utf8')) : {}
}

function inWords(milliseconds) {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** The exit status of Node, or undefined if it was stopped: a test that loops without a wait stops at no other limit. */
function runNode(args) {
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout: limit }
  return spawnSync(process.execPath, args, options).status ?? undefined
}
