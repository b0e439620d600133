/**
 * Runs the compiled tests: `node scripts/test.js [--except folder] [substring…]`.
 *
 * The files are listed here because `node --test` of Node 20 takes no patterns. With substrings only the test files
 * whose path contains one of them run; `--except package` leaves a folder of test/ out.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'build', 'test')
const { values, positionals } = parseArgs({
  options: { except: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
})

const files = (existsSync(built) ? readdirSync(built, { recursive: true }) : [])
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => !values.except.some((folder) => file.startsWith(`${folder}/`)))
  .filter((file) => positionals.length === 0 || positionals.some((part) => `test/${file}`.includes(part)))
  .sort()
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(' ') || 'anything'}: is ${built} built?`)
  process.exit(1)
}

const { status } = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--expose-gc',
    '--test',
    '--test-concurrency=2',
    '--test-timeout=60000',
    `--test-reporter=${new URL('reporter.js', import.meta.url).href}`,
    '--test-reporter-destination=stdout',
    ...files.map((file) => join('build', 'test', file)),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
)
process.exit(status ?? 1)
