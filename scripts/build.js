/**
 * Compiles the project: src to dist, test and bench to build: `node scripts/build.js [--clean] [folder…]`.
 * Without folders it compiles all there is; with `--clean` it starts from nothing.
 *
 * Beyond `tsc --build` it does three things that the compiler does not: it joins what Node loads into bundles; it removes the outputs of sources that are gone
 * (a deleted test would go on running, a deleted module would go on being published), and it puts the files that are
 * not TypeScript (pages, pictures, certificates) beside the compiled ones, where `import.meta.url` finds them.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from './bundle/bundle.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const outputOf = { src: 'dist', test: 'build/test', bench: 'build/bench' }
const compiled = /(\.d\.ts|\.js)(\.map)?$/
const typescript = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const { values, positionals } = parseArgs({
  options: { clean: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (values.clean) {
  for (const folder of ['dist', 'build']) rmSync(join(root, folder), { recursive: true, force: true })
}
for (const [source, output] of Object.entries(outputOf)) removeOrphans(join(root, source), join(root, output))
const wanted = (positionals.length > 0 ? positionals : ['src', 'src/examples', 'test', 'bench']).flatMap((project) =>
  // The page of the console is for browsers, and goes into the bundles.
  project === 'src' ? ['src', 'src/console/page/browser'] : [project],
)
const projects = wanted.filter((project) => hasTypeScript(join(root, project)))
const { status } = spawnSync(process.execPath, [typescript, '--build', ...projects], { cwd: root, stdio: 'inherit' })
for (const [source, output] of Object.entries(outputOf)) copyAssets(join(root, source), join(root, output))
if (status === 0) await bundle()
process.exitCode = status ?? 1

/** Removes from `output` each compiled file and asset that no file in `source` accounts for. */
function removeOrphans(source, output) {
  for (const file of filesIn(output)) {
    if (file.startsWith('bundles')) continue
    const origins = [file, file.replace(compiled, '.ts'), file.replace(compiled, '.d.ts')]
    if (!origins.some((origin) => existsSync(join(source, origin)))) rmSync(join(output, file))
  }
}

/** Copies what the compiler leaves behind, if it changed. */
function copyAssets(source, output) {
  for (const file of filesIn(source)) {
    if (/\.ts$|tsconfig\.json$/.test(file)) continue
    const from = join(source, file)
    const to = join(output, file)
    if (existsSync(to) && statSync(to).mtimeMs >= statSync(from).mtimeMs) continue
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(from, to)
  }
}

/** tsc takes a project without a single input for an error, so an area that is still empty is left out. */
function hasTypeScript(folder) {
  return filesIn(folder).some((file) => file.endsWith('.ts'))
}

function filesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true }).filter((file) => statSync(join(folder, file)).isFile())
}
