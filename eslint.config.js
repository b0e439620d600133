import eslint from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import typescript from 'typescript-eslint'
import gvent from './dist/eslint/index.js'
import { importDirection } from './scripts/eslint/import-direction.js'
import { lateBuiltins } from './scripts/eslint/late-builtins.js'

/** Missing where the packages were installed before it was one of them. */
const regexp = await import('eslint-plugin-regexp').then(
  (module) => module.default,
  () => undefined,
)

/** Bytes from elsewhere cost linear work: see scripts/linear.js for what no expression does. */
const linearExpressions = regexp && {
  files: ['src/**/*.ts'],
  plugins: { regexp },
  rules: {
    'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
    'regexp/no-super-linear-move': ['error', { ignorePartial: false }],
  },
}

/** The operations of this very project, which its own rules look after. */
const operations = { allowForKnownSafePromises: ['Operation', 'Greenlet', 'AsyncResult'] }
const testFunctions = ['describe', 'it', 'suite', 'test', 'before', 'after', 'beforeEach', 'afterEach']

/** What a program on Node 20 or in a browser does not have; the types know some of them all the same. */
const absentFromNode20 = ['DisposableStack', 'AsyncDisposableStack', 'SuppressedError']
const absentFromBrowsers = ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', 'require', 'module']

const restricted = (names, message) => names.map((name) => ({ name, message }))

export default defineConfig(
  globalIgnores(['dist', 'build', 'coverage']),
  eslint.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [gvent.configs.recommended, typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: {
      project: { rules: { 'import-direction': importDirection, 'late-builtins': lateBuiltins } },
    },
    rules: {
      // isolatedDeclarations asks for those annotations.
      '@typescript-eslint/no-inferrable-types': 'off',
      // A Waiter is woken with waits that it made itself: it knows of which class they are.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'project/import-direction': 'error',
      '@typescript-eslint/no-floating-promises': ['error', operations],
      'no-restricted-globals': ['error', ...restricted(absentFromNode20, 'Node 20 does not have it.')],
      eqeqeq: 'error',

      // A green function without a wait in it is still a green function.
      'require-yield': 'off',
      // Greenlets raise what they are told to raise, as `throw` and `reject` do.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // `void` is what an operation without a result gives.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A name that begins with _ is there for its place, or to be disposed of by `using`.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      // `class Foo<T> { static … }` and namespaced constructors are the public style of several gevent names.
      '@typescript-eslint/no-extraneous-class': 'off',
      // The state of a greenlet changes during every wait, which the types cannot see.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['src/scheduler/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...restricted(absentFromNode20, 'Node 20 does not have it.'),
        ...restricted(absentFromBrowsers, 'The scheduler runs in browsers, which do not have it: go through the host.'),
      ],
    },
  },
  {
    // What `gvent` imports. Threads and patches are programs of their own.
    files: ['src/index.ts', 'src/scheduler/**/*.ts', 'src/io/**/*.ts'],
    ignores: ['src/io/**/*-worker.ts', 'src/io/monkey/**'],
    rules: { 'project/late-builtins': 'error' },
  },
  linearExpressions ?? {},
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // node:test's own functions return promises that nobody waits for.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          ...operations,
          allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: testFunctions }],
        },
      ],
      // A test looks at whatever was raised.
      'gvent/no-swallowed-kills': 'off',
      // A test hands over wrong things on purpose.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['bench/**/*.ts'],
    // `await undefined` is how an async function gives way.
    rules: { '@typescript-eslint/await-thenable': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'module',
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        ReadableStream: 'readonly',
        fetch: 'readonly',
      },
    },
  },
  {
    files: ['scripts/browser/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['addEventListener', 'removeEventListener', 'setTimeout', 'clearTimeout', 'document', 'AbortController'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    files: ['scripts/docs/browser/**/*.js'],
    languageOptions: {
      ecmaVersion: 2026,
      globals: Object.fromEntries(
        [
          'addEventListener',
          'Blob',
          'document',
          'getComputedStyle',
          'localStorage',
          'location',
          'matchMedia',
          'navigator',
          'postMessage',
          'scrollBy',
          'scrollTo',
          'setTimeout',
          'Worker',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['scripts/docs/examples/*.js'],
    languageOptions: { ecmaVersion: 2026 },
    rules: { 'no-unused-vars': ['error', { varsIgnorePattern: '^_' }] },
  },
)
