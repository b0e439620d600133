/**
 * Runs the tests of the scheduler in other runtimes than Node: `node scripts/test-runtimes.js [runtime…] [--all] [--only word]
 * [--from folder]`.
 *
 * Each file of tests runs under the runtime's own test runner. Tests that cannot pass there are listed in runtimes/exempt.js, each
 * with its reason; one that is listed and passes is named, so that the list stays short. With `--all` the other rooms' tests run,
 * too, and are counted: those that need Node's own insides fail there, and no list is kept of them. The tests have to be built. The
 * runtimes are installed into a temporary folder, unless `--from` names one in whose node_modules they are.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installPackages } from './install-packages.js'
import { exempt } from './runtimes/exempt.js'

const root = fileURLToPath(new URL('..', import.meta.url))
/** For files that hang, in milliseconds. */
const LIMIT = 5 * 60_000

/** How each is installed, how it runs a file of tests and writes a report for JUnit, and how it shows its version. */
const runtimes = {
  deno: {
    package: 'deno@2',
    command: (file, report) => ['test', '-A', '--no-check', '--v8-flags=--expose-gc', `--junit-path=${report}`, file],
  },
  bun: {
    package: 'bun@1',
    command: (file, report) => [
      'test',
      '--timeout=600000',
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      `./${file}`,
    ],
  },
}

const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

const { values, positionals } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    from: { type: 'string' },
  },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !(name in runtimes))
if (unknown.length > 0) {
  console.error(`There is no runtime ${unknown.join(', ')}: ${Object.keys(runtimes).join(', ')}`)
  process.exit(2)
}

const built = join('build', 'test')
const files = readdirSync(join(root, built), { recursive: true })
  .filter((file) => file.endsWith('.test.js') && file.includes(values.only))
  .filter((file) => values.all || file.startsWith('scheduler/'))
  .sort()

const folder = mkdtempSync(join(tmpdir(), 'gvent-runtimes-'))
let failures = 0
try {
  for (const name of Object.keys(runtimes)) {
    if (positionals.length === 0 || positionals.includes(name)) failures += await tryRuntime(name, runtimes[name])
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failures === 0 || values.all ? 0 : 1)

async function tryRuntime(name, { package: installed, command }) {
  if (values.from === undefined) {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
    installPackages(folder, [installed])
  }
  const binary = join(values.from ?? folder, 'node_modules', '.bin', name)
  const counts = { passed: 0, exempt: 0, failed: 0, hung: 0 }
  const queue = [...files]
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await tryFile(name, binary, command, file, counts)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' })
    .stdout.split('\n')[0]
    .replace(/^deno /, '')
  const more = counts.hung === 0 ? '' : `, ${counts.hung} files do not end`
  console.log(
    `${name} ${version}: ${counts.passed} tests of ${files.length} files pass, ${counts.exempt} are exempt, ${counts.failed} fail${more}`,
  )
  return counts.failed + counts.hung
}

async function tryFile(name, binary, command, file, counts) {
  const reasons = exempt[name]?.[`test/${file.replace(/js$/, 'ts')}`] ?? {}
  if ('*' in reasons) {
    counts.exempt++
    return
  }
  const report = join(folder, `${name}-${file.replaceAll('/', '-')}.xml`)
  const { status, output, isLate } = await run(binary, command(join(built, file), report))
  const { passed, failed } = readReport(report)
  if (isLate) {
    counts.hung++
    console.log(`✖ ${name}: test/${file} does not end`)
    return
  }
  const surprises = failed.filter((test) => !(test in reasons))
  counts.passed += passed.length
  counts.exempt += failed.length - surprises.length
  counts.failed += surprises.length
  for (const test of surprises) console.log(`✖ ${name}: test/${file}: ${test}`)
  for (const test of passed) if (test in reasons) console.log(`? ${name}: test/${file}: ${test}: passes, and is listed`)
  if (passed.length + failed.length === 0 && status !== 0) {
    counts.failed++
    console.log(`✖ ${name}: test/${file} does not run\n${output.trimEnd().replaceAll(/^/gm, '    ')}`)
  }
}

async function run(binary, args) {
  const child = spawn(binary, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, LIMIT)
  const status = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { status, output, isLate }
}

/** The names of the tests in a report for JUnit, by whether they passed. */
function readReport(path) {
  const passed = []
  const failed = []
  for (const [, attributes, content = ''] of textOf(path).matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([^]*?)<\/testcase>)/g,
  )) {
    const test = decode(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? '')
    if (/<(failure|error)\b/.test(content)) failed.push(test)
    else if (!/<skipped\b/.test(content)) passed.push(test)
  }
  return { passed, failed }
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function decode(text) {
  return text.replaceAll(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? entity
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
  })
}
