/**
 * TC39's own tests of async functions, run natively, with each compiler's own helpers, and with gvent's:
 *
 *     npm run test:tc39 -- path/to/test262 [--compilers esbuild,typescript,babel,swc,oxc] [--from folder] [--list] [word…]
 *
 * Needs a checkout of https://github.com/tc39/test262. Compilers that the project does not have (Babel, SWC, oxc) are
 * looked for in `--from`, a folder with `node_modules`. `--list` names each file that differs, with its error. With words
 * only files whose path contains one of them run. The exit status is 1 if a file fails with gvent's helpers that passes
 * natively and with those of the same compiler.
 */
import { parseArgs } from 'node:util'
import { loadCompilers } from './tc39/compilers.js'
import { bundleRuntime } from './tc39/runtime.js'
import { filesOf } from './tc39/files.js'
import { runFile } from './tc39/run.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    compilers: { type: 'string', default: 'esbuild,typescript' },
    from: { type: 'string', default: '.' },
    list: { type: 'boolean', default: false },
  },
})
const [folder, ...words] = positionals
if (folder === undefined) {
  console.error('npm run test:tc39 -- path/to/test262: the path of a checkout of test262 is missing')
  process.exit(2)
}
// A test may reject promises that nobody looks at.
process.on('unhandledRejection', () => undefined)

const compilers = await loadCompilers(values.compilers.split(','), values.from)
const runtime = await bundleRuntime()
const files = filesOf(folder, words)
const natively = { passed: new Set(), errors: new Map() }
for (const file of files) note(natively, file, await runFile(folder, file, (code) => code))
console.log(`${process.version}: ${files.length} files, ${natively.passed.size} pass natively`)

const somewhere = new Set()
const withOurs = []
for (const compiler of compilers) {
  const own = { passed: new Set(), errors: new Map() }
  const ours = { passed: new Set(), errors: new Map() }
  for (const file of natively.passed) {
    note(own, file, await runFile(folder, file, compiler.own))
    note(ours, file, await runFile(folder, file, compiler.ours, runtime))
  }
  const lost = Array.from(own.passed).filter((file) => !ours.passed.has(file))
  const gained = Array.from(ours.passed).filter((file) => !own.passed.has(file))
  console.log(
    `${compiler.name}: ${own.passed.size} pass with its own helpers, ${ours.passed.size} with gvent's; ` +
      `${lost.length} with its own only, ${gained.length} with gvent's only`,
  )
  for (const file of lost) console.log(`  lost ${file}: ${ours.errors.get(file)}`)
  if (values.list) {
    const left = Array.from(natively.passed).filter((file) => !ours.passed.has(file) && !lost.includes(file))
    for (const file of left) console.log(`  fails ${file}: ${ours.errors.get(file)}`)
    for (const file of gained) console.log(`  gained ${file}: ${own.errors.get(file)}`)
  }
  for (const file of own.passed) somewhere.add(file)
  withOurs.push(ours.passed)
  if (lost.length > 0) process.exitCode = 1
}
const inSomeForm = Array.from(somewhere).filter((file) => withOurs.some((passed) => passed.has(file)))
console.log(
  `of ${somewhere.size} files that pass natively and with some compiler's own helpers, ${inSomeForm.length} pass with gvent's`,
)
for (const file of somewhere) if (!inSomeForm.includes(file)) console.log(`  in no form ${file}`)

function note({ passed, errors }, file, error) {
  if (error === undefined) passed.add(file)
  else errors.set(file, error)
}
