/** Rules of ESLint that find forgotten waits and their like before the program runs. */

import { noAsyncGenerators } from './no-async-generators.js'
import { noForgottenWaits } from './no-forgotten-waits.js'
import { noGeneratorCallbacks } from './no-generator-callbacks.js'
import { noSeconds } from './no-seconds.js'
import { noSwallowedKills } from './no-swallowed-kills.js'
import type { Rule, RuleContext } from './rule.js'

/** A configuration in ESLint's flat form. */
export interface Configuration {
  /** The name that ESLint shows. */
  readonly name: string
  /** This plugin, where its rules are switched on. */
  readonly plugins?: { readonly gvent: object }
  /** The settings of the rules. */
  readonly rules: Readonly<Record<string, 'error' | ['error', object]>>
}

/** A plugin of ESLint. */
export interface Plugin {
  /** The name that ESLint caches it by. */
  readonly meta: { readonly name: string }
  /**
   * The rules: `no-forgotten-waits`, `no-generator-callbacks`, `no-async-generators`, `no-swallowed-kills`, and for programs that
   * come from gevent `no-seconds`. They go by the types where the parser has them, and by the names that are imported from gvent and the functions of the program
   * where it has none.
   */
  readonly rules: Readonly<Record<string, Rule>>
  /** Configurations to begin with. */
  readonly configs: {
    /** Switches the rules on, for JavaScript and TypeScript; `no-seconds` is left to `migration`. */
    readonly recommended: Configuration
    /**
     * Switches `no-seconds` on, beside `recommended`, while a program of gevent is translated: it takes every duration below
     * 100 for seconds.
     */
    readonly migration: Configuration
    /**
     * Beside the typed rules of `typescript-eslint`: leaves the operations of gvent, which have the methods of a promise,
     * to the rules here, whose advice fits a generator.
     */
    readonly typescript: Configuration
  }
}

/** The rules of `configs.recommended`. */
const recommended = {
  'no-async-generators': noAsyncGenerators,
  'no-forgotten-waits': noForgottenWaits,
  'no-generator-callbacks': noGeneratorCallbacks,
  'no-swallowed-kills': noSwallowedKills,
}

const rules = { ...recommended, 'no-seconds': noSeconds }

// Read when ESLint does, because the plugin is not there yet.
const plugins = {
  get gvent() {
    return plugin
  },
}

/**
 * The plugin. In a JavaScript project:
 *
 * ```js
 * // eslint.config.js
 * import gvent from 'gvent/eslint'
 *
 * export default [gvent.configs.recommended]
 * ```
 */
const plugin: Plugin = {
  meta: { name: 'gvent' },
  rules,
  configs: {
    recommended: {
      name: 'gvent/recommended',
      plugins,
      rules: Object.fromEntries(Object.keys(recommended).map((name) => [`gvent/${name}`, 'error'])),
    },
    migration: {
      name: 'gvent/migration',
      plugins,
      rules: { 'gvent/no-seconds': 'error' },
    },
    typescript: {
      name: 'gvent/typescript',
      rules: {
        '@typescript-eslint/no-floating-promises': [
          'error',
          {
            allowForKnownSafePromises: [
              { from: 'package', package: 'gvent', name: ['Operation', 'Greenlet', 'AsyncResult'] },
            ],
          },
        ],
      },
    },
  },
}

export default plugin
export type { Rule, RuleContext }
