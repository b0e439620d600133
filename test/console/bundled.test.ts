import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { build } from 'esbuild'
import webpack from 'webpack'
import { startProgram } from '../io/program.js'
import { root } from './programs.js'

// In the package's own folder, so that bundlers find the package by its name.
const folder = await mkdtemp(join(root, 'build', 'bundled-'))
after(() => rm(folder, { recursive: true }))
const entry = join(folder, 'program.js')
await writeFile(
  entry,
  `import { fetch, run } from 'gvent'
  import { serveConsole } from 'gvent/console'
  run(function* main() {
    const served = yield* serveConsole()
    const page = yield* fetch(served.url)
    console.log(page.status, (yield* page.text()).startsWith('<!doctype html>'))
    const rows = yield* fetch(new URL('/rows' + new URL(served.url).search, served.url))
    console.log((yield* rows.json()).rows.map(({ name }) => name).join())
    yield* served.stop()
  })`,
)

async function check(file: string): Promise<void> {
  const { code, stdout, stderr } = await startProgram([file]).ended
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '200 true\nmain\n' }, stderr)
}

for (const [format, extension] of [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
] as const) {
  test(`serveConsole works in a bundle of esbuild, ${format}`, async () => {
    const outfile = join(folder, `esbuild.${extension}`)
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format, outfile, logLevel: 'error' })
    await check(outfile)
  })

  test(`serveConsole works in a bundle of webpack, ${format}`, async () => {
    const isModule = format === 'esm'
    const compiler = webpack({
      mode: 'production',
      // It would take the names of functions.
      optimization: { minimize: false },
      target: 'node20',
      entry,
      experiments: { outputModule: isModule },
      output: {
        path: join(folder, `webpack-${format}`),
        filename: `bundle.${extension}`,
        chunkFilename: `[id].${extension}`,
        library: { type: isModule ? 'module' : 'commonjs2' },
        chunkFormat: isModule ? 'module' : 'commonjs',
      },
    })
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      compiler.run((error, result) => {
        if (result === undefined) reject(error!)
        else resolve(result)
      })
    })
    assert.equal(stats.hasErrors(), false, stats.toString())
    await check(join(folder, `webpack-${format}`, `bundle.${extension}`))
  })
}
