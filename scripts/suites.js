/**
 * The test suites of packages that are made of async code, run natively and with `gvent/async`:
 *
 *     npm run test:suites -- path/to/checkouts [--all] [--runs 3] [--files word] [name…]
 *
 * Needs a folder with checkouts of the packages below (those that are there run), in each of which `npm install` was done.
 * The package and its tests are compiled; with `--all` what is installed beside them, too: the test runner, for one. A test
 * that fails by a hair on a busy machine is given more runs. With `--files` only files of tests run whose name matches. The
 * exit status is 1 if a test that passes natively fails with gvent in each run.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    files: { type: 'string', default: '' },
  },
})
const wanted = new RegExp(values.files)

const files = (folder, pattern, recursive = false) =>
  readdirSync(folder, { recursive })
    .filter((file) => pattern.test(file) && wanted.test(file) && !file.includes('node_modules'))
    .map((file) => join(folder, file))

// A test that waits for a network that is not there must not hold up the others.
const nodeTest = (...args) => ['--test', '--test-reporter=tap', '--test-timeout=120000', ...args]
// One test after the other: some measure time.
const ava = (...args) => [join('node_modules', 'ava', 'entrypoints', 'cli.mjs'), '--tap', '--serial', ...args]

const MOST_SHOWN = 20

/** As the package is compiled for engines of today. */
process.env.TS_NODE_COMPILER_OPTIONS = '{ "target": "es2022", "lib": ["es2022"] }'

/** The arguments of Node that run each suite, in the folder of its package. */
const suites = {
  'p-limit': () => ava(),
  'p-map': () => ava(),
  'p-queue': (folder) => ['--import=tsx/esm', ...nodeTest(...files(join(folder, 'test'), /\.ts$/))],
  'async-mutex': (folder) => {
    const tests = files(join(folder, 'test'), /\.ts$/)
    // That is for ts-node to do.
    const flags = process.features.typescript ? ['--no-experimental-strip-types'] : []
    return [...flags, join('node_modules', 'mocha', 'bin', 'mocha.js'), '--reporter=tap', ...tests]
  },
  koa: (folder) => nodeTest(...files(join(folder, '__tests__'), /\.test\.js$/, true)),
  fastify: (folder) => nodeTest(...files(join(folder, 'test'), /\.test\.m?js$/, true)),
  undici: (folder) => ['--expose-gc', ...nodeTest(...files(join(folder, 'test', 'fetch'), /\.js$/))],
  got: () => ['--import=tsx/esm', ...ava()],
}

const [checkouts, ...names] = positionals
if (checkouts === undefined) {
  console.error(`npm run test:suites -- path/to/checkouts: a folder with ${Object.keys(suites).join(', ')} is missing`)
  process.exit(2)
}
const unknown = names.filter((name) => suites[name] === undefined)
if (unknown.length > 0) {
  console.error(`there is no suite ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}
const require = createRequire(import.meta.url)
const own = fileURLToPath(new URL('../node_modules', import.meta.url))
const withGvent = {
  NODE_OPTIONS: `--import=${pathToFileURL(require.resolve('gvent/async')).href}`,
  GVENT_ASYNC: values.all ? '*' : '',
  // The parser is gvent's own where the package has none.
  NODE_PATH: own,
}

for (const [name, argumentsIn] of Object.entries(suites)) {
  const folder = join(process.cwd(), checkouts, name)
  if ((names.length > 0 && !names.includes(name)) || !existsSync(folder)) continue
  const args = argumentsIn(folder)
  const natively = await run(folder, args, {})
  const lowered = await run(folder, args, withGvent)
  console.log(
    `${process.version} ${name}: ${natively.passed} of ${natively.total} pass natively, ` +
      `${lowered.passed} of ${lowered.total} with gvent/async`,
  )
  let lost = difference(natively.tests, lowered.tests)
  for (let runs = 1; lost.length > 0 && runs < Number(values.runs); runs++) {
    const again = difference(natively.tests, (await run(folder, args, withGvent)).tests)
    for (const test of lost) if (!again.includes(test)) console.log(`  fails now and then: ${test}`)
    lost = lost.filter((test) => again.includes(test))
  }
  for (const test of lost.slice(0, MOST_SHOWN)) console.log(`  fails with gvent/async: ${test}`)
  if (lost.length > MOST_SHOWN) console.log(`  and ${lost.length - MOST_SHOWN} more`)
  if (natively.total === 0 || lost.length > 0) process.exitCode = 1
  for (const { total, output } of [natively, lowered]) if (total === 0) console.log(output.slice(-2000))
}

/** Runs a suite. @returns how often each of its tests passed, by name. */
function run(cwd, args, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk) => (output += chunk))
    child.once('close', () => {
      const tests = new Map()
      let total = 0
      for (const [, not, name] of output.matchAll(/^ *(not )?ok \d+ *-? *(.*?)(?: # (?:SKIP|TODO|time=).*)?$/gm)) {
        total++
        tests.set(name, (tests.get(name) ?? 0) + (not === undefined ? 1 : 0))
      }
      const passed = Array.from(tests.values()).reduce((sum, count) => sum + count, 0)
      resolve({ tests, total, passed, output })
    })
  })
}

function difference(one, other) {
  return Array.from(one.keys()).filter((test) => one.get(test) > (other.get(test) ?? 0))
}
