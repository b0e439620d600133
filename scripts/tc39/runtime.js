import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

/**
 * The built runtime as a classic script that leaves the helpers in `$helpers`: each test has a realm of its own, and the
 * promises of async functions have to be those of the realm.
 */
export async function bundleRuntime() {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const { outputFiles } = await build({
    stdin: {
      contents: ['runtime', 'helpers/babel', 'helpers/esbuild', 'helpers/oxc', 'helpers/swc', 'helpers/tslib']
        .map((name) => `export * as ${name.replace('helpers/', '')} from './dist/async/${name}.js'`)
        .concat("export * as lowered from './dist/async/lowering/runtime.js'")
        .join('\n'),
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: '$helpers',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  })
  return new Script(outputFiles[0].text, { filename: 'helpers.js' })
}
