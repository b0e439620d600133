/**
 * Runs a small suite under the test runners that people have: `node scripts/test-runners.js [runner…]`.
 *
 * Each must be green for a correct program, and red for an error that nobody sees, a deadlock and a leak; and its fake
 * timers must move the clock of the greenlets. The library has to be built. The runners are installed into a temporary
 * folder, but for Node's own.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages } from './install-packages.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = process.execPath

/**
 * How each is installed and run; what a suite begins with; and how a test takes over its timers. A function `check(name,
 * body)` makes a test.
 */
const runners = {
  'node:test': {
    packages: [],
    header: `import { test as check, mock } from 'node:test'`,
    fakeTimers: `mock.timers.enable({ apis: ['setTimeout'] }); const tick = (ms) => mock.timers.tick(ms); const restore = () => mock.timers.reset()`,
    command: (file) => [node, '--test', file],
  },
  jest: {
    packages: ['jest@30'],
    async: {
      files: {
        'jest.config.js': `export default { transform: { '\\\\.[cm]?[jt]s$': 'gvent/async/jest' } }`,
      },
    },
    header: `import { test as check, jest } from '@jest/globals'`,
    fakeTimers: `jest.useFakeTimers(); const tick = (ms) => jest.advanceTimersByTimeAsync(ms); const restore = () => jest.useRealTimers()`,
    command: (file, bin) => [
      ...[node, '--experimental-vm-modules', bin('jest/bin/jest.js'), '--watchman=false', '--testTimeout=5000'],
      ...['--testMatch', `**/${file}`],
    ],
  },
  vitest: {
    packages: ['vitest@4'],
    async: {
      files: {
        'vitest.config.js': `import { vite } from 'gvent/async/plugin'\nexport default { plugins: [vite()] }`,
      },
    },
    header: `import { test as check, vi } from 'vitest'`,
    fakeTimers: `vi.useFakeTimers(); const tick = (ms) => vi.advanceTimersByTimeAsync(ms); const restore = () => vi.useRealTimers()`,
    command: (file, bin) => [node, bin('vitest/vitest.mjs'), 'run', '--testTimeout=5000', '--dir', '.', file],
  },
  mocha: {
    packages: ['mocha@11', 'sinon@21'],
    header: `import sinon from 'sinon'\nconst check = it`,
    fakeTimers: sinon(),
    command: (file, bin) => [node, bin('mocha/bin/mocha.js'), '--timeout=5000', '--exit', file],
  },
  ava: {
    packages: ['ava@6', 'sinon@21'],
    header: `import sinon from 'sinon'\nimport test from 'ava'\nconst check = (name, body) => test.serial(name, async (t) => { await body(); t.pass() })`,
    fakeTimers: sinon(),
    command: (file, bin) => [node, bin('ava/entrypoints/cli.mjs'), '--timeout=10s', file],
  },
  tap: {
    packages: ['tap@21', 'sinon@21'],
    header: `import sinon from 'sinon'\nimport tap from 'tap'\nconst check = (name, body) => tap.test(name, { timeout: 5000 }, body)`,
    fakeTimers: sinon(),
    command: (file) => [node, file],
  },
}

/** How async functions are made greenlets where a runner does not say: as in any program. */
const asyncProgram = { env: { NODE_OPTIONS: '--import=gvent/async' } }

/** The suites: what is tested, whether that is to pass, and what has to be said otherwise. */
const suites = {
  correct: {
    passes: true,
    body: (runner) => `
      check('greenlets wait and end', () => run(function* () {
        const queue = new Queue()
        spawn(() => queue.put(1))
        if ((yield* queue.get()) !== 1) throw new Error('wrong')
        const killed = spawn(() => sleep(60_000))
        yield* killed.kill()
      }))
      check('an error that is seen', async () => {
        const error = await spawn(function* () { yield; throw new Error('seen') }).catch((error) => error)
        if (error.message !== 'seen') throw new Error('wrong')
      })
      check('fake timers', async () => {
        ${runner.fakeTimers}
        try {
          let done = false
          spawn(function* () { yield* sleep(60_000); done = true })
          await idle()
          await tick(59_000)
          if (done) throw new Error('too early')
          await tick(1_001)
          await idle()
          if (!done) throw new Error('fake timers do not drive the greenlets')
        } finally {
          restore()
        }
      })
      check('a simulation', () => simulate(() => sleep(60_000)))`,
  },
  async: {
    passes: true,
    setUp: ({ async: setUp = asyncProgram }) => setUp,
    body: () => `
      import { greenletOf } from 'gvent/async/runtime'
      let state = 'begun'
      async function inner() {
        try { await new Promise(() => {}) } finally { await null; state = 'cleaned up' }
      }
      const outer = async () => await inner()
      check('async functions are greenlets', async () => {
        const promise = outer()
        await greenletOf(promise).kill()
        if (state !== 'cleaned up') throw new Error('not killed')
        if ((await promise.catch((error) => error.name)) !== 'KilledError') throw new Error('no error')
        if (outer.constructor.name !== 'AsyncFunction' || !(promise instanceof Promise)) throw new Error('another kind')
      })`,
  },
  lost: {
    passes: false,
    says: /that nobody sees/,
    body: () => `
      check('loses an error', async () => {
        spawn(function* () { yield; throw new RangeError('an error that nobody sees') })
        await sleep(100)
      })`,
  },
  deadlock: {
    passes: false,
    says: /deadlocks/,
    // The test after it runs as ever.
    others: /the one after it/,
    body: () => `
      check('deadlocks', () => run(function* main() { yield* new Queue().get() }))
      check('the one after it', () => run(() => sleep(1)))`,
  },
  leak: {
    passes: false,
    says: /leak/,
    body: () => `
      check('leaves a greenlet behind', () => simulate(function* () {
        spawn(function* leaks() { yield* new Queue().get() })
      }))`,
  },
}

function sinon() {
  return `const clock = sinon.useFakeTimers(); const tick = (ms) => clock.tickAsync(ms); const restore = () => clock.restore()`
}

const names = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'gvent-runners-'))
let failures = 0
try {
  for (const [name, runner] of Object.entries(runners)) {
    if (names.length > 0 && !names.includes(name)) continue
    failures += tryRunner(name, runner)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failures === 0 ? 0 : 1)

function tryRunner(name, runner) {
  const home = join(folder, name.replace(':', '-'))
  mkdirSync(join(home, 'node_modules'), { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  installPackages(home, runner.packages)
  symlinkSync(root, join(home, 'node_modules', 'gvent'))
  const acorn = join(home, 'node_modules', 'acorn')
  if (!existsSync(acorn)) symlinkSync(join(root, 'node_modules', 'acorn'), acorn)
  let failures = 0
  for (const [suite, options] of Object.entries(suites)) {
    const wrong = trySuite(home, runner, suite, options)
    console.log(`${wrong === undefined ? '✔' : '✖'} ${name}: ${suite}${wrong === undefined ? '' : `: ${wrong}`}`)
    if (wrong !== undefined) failures++
  }
  return failures
}

/** What is wrong, if something is. */
function trySuite(home, runner, suite, { passes, says, others, body, setUp }) {
  const { files = {}, env: ownEnv = {} } = setUp?.(runner) ?? {}
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text)
  const file = `${suite}.test.js`
  const imports = `import { Queue, idle, run, sleep, spawn } from 'gvent'\nimport { simulate } from 'gvent/testing'`
  writeFileSync(join(home, file), `${runner.header}\n${imports}\n${body(runner)}\n`)
  // A runner below a runner would report as a part of it.
  const env = { ...process.env }
  for (const name of ['NODE_TEST_CONTEXT', 'NODE_OPTIONS']) delete env[name]
  Object.assign(env, ownEnv)
  const [command, ...args] = runner.command(file, (path) => join(home, 'node_modules', path))
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: home, env, encoding: 'utf8', timeout: 120_000 })
  const output = `${stdout}${stderr}`
  for (const name of Object.keys(files)) rmSync(join(home, name))
  if (passes ? status !== 0 : status === 0) return `ended with ${status}\n${output}`
  if (says !== undefined && !says.test(output)) return `does not say ${says}\n${output}`
  if (others !== undefined && !others.test(output)) return `does not run ${others}\n${output}`
  return undefined
}
