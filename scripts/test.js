/**
 * Runs the compiled tests: `node scripts/test.js [--build] [substring…]`.
 *
 * The files are listed here because `node --test` of Node 20 takes no patterns. With substrings only the test files
 * whose path contains one of them run.
 * With `--build` it builds first, and runs the tests even if a type is wrong somewhere (which fails the run all the
 * same): whoever works on one part wants to see its tests while another part is being rewritten.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'build', 'test')
const limit = 15 * 60_000
const { values, positionals } = parseArgs({
  options: { build: { type: 'boolean', default: false } },
  allowPositionals: true,
})

const buildStatus = values.build ? runNode([join('scripts', 'build.js')]) : 0

const files = (existsSync(built) ? readdirSync(built, { recursive: true }) : [])
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => positionals.length === 0 || positionals.some((part) => `test/${file}`.includes(part)))
  .sort()
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(' ') || 'anything'}: is ${built} built?`)
  process.exit(1)
}

const testStatus = runNode([
  '--enable-source-maps',
  '--expose-gc',
  '--test',
  // More would make files that themselves start many processes wait for one another.
  `--test-concurrency=${Math.min(4, Math.max(2, availableParallelism()))}`,
  '--test-timeout=120000',
  `--test-reporter=${new URL('reporter.js', import.meta.url).href}`,
  '--test-reporter-destination=stdout',
  ...files.map((file) => join('build', 'test', file)),
])
if (testStatus === undefined) console.error(`The tests did not end within ${limit / 60_000} minutes.`)
if (buildStatus !== 0) console.error('The build failed: see above.')
process.exit((testStatus ?? 1) || buildStatus)

/** The exit status of Node, or undefined if it was stopped: a test that loops without a wait stops at no other limit. */
function runNode(args) {
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout: limit }
  return spawnSync(process.execPath, args, options).status ?? undefined
}
