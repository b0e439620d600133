import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build as buildWithEsbuild } from 'esbuild'
import { esbuild, rollup, vite, webpack } from 'gvent/async/plugin'
import { build as buildWithVite } from 'vite'
import buildWithWebpack, { type Configuration, type Stats } from 'webpack'

// In the package's own folder, so that the bundles find the package by its name.
const folder = mkdtempSync(join(fileURLToPath(new URL('../..', import.meta.url)), 'plugin-'))
after(() => {
  rmSync(folder, { recursive: true })
})

const say = "const say = (fn: unknown) => console.log(String(fn).startsWith('async') ? 'native' : 'lowered')"
writeFileSync(
  join(folder, 'app.ts'),
  `import { other } from './other.js'
${say}
interface Shape { sides: number }
async function main(shape: Shape) {
  await null
  return shape.sides
}
say(main)
say(other)
console.log(await main({ sides: 3 }), await other())
`,
)
writeFileSync(join(folder, 'other.js'), 'export const other = async () => await 4\n')
writeFileSync(join(folder, 'script.cjs'), 'exports.third = async () => await 5\n')
const EXPECTED = 'lowered\nlowered\n3 4\n'

const run = async (file: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, [join(folder, file)])).stdout

test('esbuild bundles lowered code, of TypeScript and of CommonJS', async () => {
  const options = { bundle: true, platform: 'node', packages: 'external', format: 'esm' } as const
  await buildWithEsbuild({
    ...options,
    entryPoints: [join(folder, 'app.ts')],
    outfile: join(folder, 'esbuild.mjs'),
    plugins: [esbuild()],
  })
  assert.equal(await run('esbuild.mjs'), EXPECTED)
  await buildWithEsbuild({
    ...options,
    format: 'cjs',
    stdin: {
      contents: `const { third } = require('./script.cjs'); third().then((n) => console.log(n, String(third).startsWith('async')))`,
      resolveDir: folder,
    },
    outfile: join(folder, 'script-bundle.cjs'),
    plugins: [esbuild()],
  })
  assert.equal(await run('script-bundle.cjs'), '5 false\n')
})

test('Vite bundles lowered code', async () => {
  await buildWithVite({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [vite()],
    build: {
      ssr: 'app.ts',
      outDir: join(folder, 'vite'),
      target: 'esnext',
      rollupOptions: { output: { entryFileNames: 'app.mjs' } },
    },
  })
  assert.equal(await run('vite/app.mjs'), EXPECTED)
})

test('webpack bundles lowered code, of CommonJS too', async () => {
  writeFileSync(
    join(folder, 'webpack.mjs'),
    `import { third } from './script.cjs'
import { other } from './other.js'
const say = (fn) => console.log(String(fn).startsWith('async') ? 'native' : 'lowered', fn.constructor.name)
say(third)
say(other)
console.log(await third(), await other(), await (async () => { try { await null; throw new Error('here') } catch (error) { return /:(\\d+:\\d+)/.exec(error.stack)?.[0] } })())
`,
  )
  for (const devtool of [false, 'source-map'] as const) {
    const stats = await promisify<Configuration, Stats>(buildWithWebpack as never)({
      mode: 'development',
      target: 'node',
      devtool,
      context: folder,
      entry: './webpack.mjs',
      externalsType: 'module',
      externals: [/^gvent/],
      output: { path: folder, filename: 'webpacked.mjs', module: true, library: { type: 'module' } },
      experiments: { outputModule: true },
      plugins: [webpack()],
    })
    assert.deepEqual(stats.toJson({ errors: true }).errors, [])
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--enable-source-maps',
      join(folder, 'webpacked.mjs'),
    ])
    assert.match(stdout, /^lowered AsyncFunction\nlowered AsyncFunction\n5 4 /)
    if (devtool !== false) assert.match(stdout, / :6:88\n/)
  }
})

test('a plugin of Rollup leaves alone what has nothing to lower, and packages that nobody named', () => {
  const source = 'export const f = async () => 1'
  assert.equal(rollup().transform('export const async = 1', join(folder, 'a.js')), null)
  assert.equal(rollup().transform(source, '\0virtual'), null)
  assert.equal(rollup().transform(source, join(folder, 'a.css')), null)
  const inPackage = join(folder, 'node_modules', 'one', 'index.js')
  assert.equal(rollup().transform(source, inPackage), null)
  assert.match(rollup({ packages: ['one'] }).transform(source, `${inPackage}?v=1`)!.code, /function|\*f/)
})
