/**
 * Bundles programs that use the library, and runs them: `node scripts/test-bundlers.js [bundler…]`.
 *
 * Each bundler joins each of the {@link programs} into one file, as an ES module and as CommonJS, with the set-up that its
 * documentation gives for Node. The bundle runs in a folder of its own, where there is no package to load anything from. The
 * library has to be built; what is no development dependency is installed into a temporary folder.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundlers } from './bundlers/bundlers.js'
import { RIGHT, programs } from './bundlers/programs.js'
import { installPackages } from './install-packages.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in bundlers))
if (unknown.length > 0) {
  console.error(`There is no bundler ${unknown.join(', ')}: ${Object.keys(bundlers).join(', ')}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'gvent-bundlers-'))
let failures = 0
try {
  for (const [name, bundler] of Object.entries(bundlers)) {
    if (wanted.length === 0 || wanted.includes(name)) failures += await tryBundler(name, bundler)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failures === 0 ? 0 : 1)

async function tryBundler(name, { packages, formats, bundle, run }) {
  const home = join(folder, name)
  const modules = join(home, 'node_modules')
  mkdirSync(modules, { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  installPackages(home, packages)
  // As a package that was installed: a link would lead to the sources of the project.
  symlinkSync(root, join(modules, 'gvent'))
  let failures = 0
  for (const format of formats) {
    const wrong = []
    for (const [program, source] of Object.entries(programs)) {
      const problem = await tryProgram(home, program, source, format, bundle, run)
      if (problem !== undefined) wrong.push(`${program}: ${problem}`)
    }
    const right = Object.keys(programs).length - wrong.length
    console.log(
      `${wrong.length === 0 ? '✔' : '✖'} ${name}, ${format}: ${right} of ${Object.keys(programs).length} programs`,
    )
    for (const problem of wrong) console.log(`    ${problem}`)
    failures += wrong.length
  }
  return failures
}

/** What is wrong, if something is. */
async function tryProgram(home, program, source, format, bundle, run = runInNode) {
  const input = join(home, `${program}.js`)
  writeFileSync(input, source)
  const output = mkdtempSync(join(folder, `${program}-`))
  const file = join(output, format === 'CommonJS' ? `${program}.cjs` : `${program}.mjs`)
  try {
    const load = (name) => import(pathToFileURL(join(home, 'node_modules', name)).href)
    await bundle({ root: home, input, output, file, format, load })
  } catch (error) {
    return `does not bundle: ${error.message}`
  }
  const { status, stdout, stderr } = await run({ file, output, cwd: output })
  if (status === 0 && stdout.includes(RIGHT)) return undefined
  return `ends with ${status}\n${stdout}${stderr}`.trimEnd().replaceAll('\n', '\n      ')
}

function runInNode({ file, cwd }) {
  return spawnSync(process.execPath, [file], { cwd, encoding: 'utf8', timeout: 120_000 })
}
