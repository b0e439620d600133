/** The test runners that people have. */
const node = process.execPath

/**
 * How each is installed and run; what a suite begins with; and how a test takes over its timers. A function `check(name,
 * body)` makes a test.
 */
export const runners = {
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
  deno: {
    packages: ['deno@2', 'sinon@21'],
    // The hooks that lower async functions are Node's.
    async: null,
    header: `import sinon from 'sinon'\nconst check = Deno.test`,
    fakeTimers: sinon(),
    command: (file, bin) => [bin('.bin/deno'), 'test', '-A', '--no-check', file],
  },
  bun: {
    packages: ['bun@1', 'sinon@21'],
    async: null,
    // It waits for promises alone, not for operations.
    header: `import sinon from 'sinon'\nimport { test } from 'bun:test'\nconst check = (name, body) => test(name, async () => await body())`,
    fakeTimers: sinon(),
    command: (file, bin) => [bin('.bin/bun'), 'test', '--timeout=5000', `./${file}`],
  },
}

function sinon() {
  return `const clock = sinon.useFakeTimers(); const tick = (ms) => clock.tickAsync(ms); const restore = () => clock.restore()`
}
