/** Rules of ESLint that find a forgotten `yield*` before the program runs. */

import { noFloatingGenerators, type Rule } from './no-floating-generators.js'

/** A configuration in ESLint's flat form. */
export interface Configuration {
  /** What ESLint calls it. */
  readonly name: string
  /** This plugin. */
  readonly plugins: { readonly gvent: Plugin }
  /** The settings of the rules. */
  readonly rules: Readonly<Record<string, unknown>>
}

/** A plugin of ESLint. */
export interface Plugin {
  /** What ESLint caches it by. */
  readonly meta: { readonly name: string }
  /** `no-floating-generators`: a call of a generator function whose generator is dropped. */
  readonly rules: { readonly 'no-floating-generators': Rule }
}

/** The rules alone, for a configuration of your own. */
const plugin: Plugin = { meta: { name: 'gvent' }, rules: { 'no-floating-generators': noFloatingGenerators } }

const fromGvent = (name: string | readonly string[]): object => ({ from: 'package', package: 'gvent', name })

/**
 * What finds a forgotten `yield*`: a rule of `typescript-eslint` for operations, told that a greenlet runs by itself and
 * that some calls act at once; and one of our own for generators. Both need types.
 *
 * ```js
 * import gvent from 'gvent/eslint'
 * import typescript from 'typescript-eslint'
 *
 * export default typescript.config(typescript.configs.base, {
 *   files: ['**\/*.ts'],
 *   extends: [gvent],
 *   languageOptions: { parserOptions: { projectService: true } },
 * })
 * ```
 */
const recommended: Configuration = {
  name: 'gvent/recommended',
  plugins: { gvent: plugin },
  rules: {
    'gvent/no-floating-generators': 'error',
    '@typescript-eslint/no-floating-promises': [
      'error',
      {
        checkThenables: true,
        allowForKnownSafePromises: [fromGvent('Greenlet')],
        allowForKnownSafeCalls: [
          fromGvent(['kill', 'killAll', 'applyAsync', 'add', 'close', 'reset', 'shutdown', 'terminate']),
        ],
      },
    ],
  },
}

export default recommended
export { plugin, type Rule }
