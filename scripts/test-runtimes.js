/**
 * Runs the tests in other runtimes than Node: `npm run test:runtimes [-- runtime…]`; `--help` lists the options.
 *
 * In Deno and Bun each file of tests runs under the runtime's own test runner. Tests that cannot pass there are listed in
 * runtimes/exempt-both.js, exempt-deno.js and exempt-bun.js, each with its reason; one that is listed and passes is named, so that the
 * lists stay short. Then the runner runs the suites of test-runners.js. In workerd a few workers are asked. The tests have to be
 * built.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { installPackages } from './install-packages.js'
import { runners } from './runners/runners.js'
import { tryRunner } from './runners/try-runner.js'
import { exempt as exemptInBun } from './runtimes/exempt-bun.js'
import { exempt as exemptInDeno } from './runtimes/exempt-deno.js'
import { facts, unknown } from './runtimes/facts.js'
import { tryWorkerd } from './runtimes/workerd.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const help = `npm run test:runtimes [-- RUNTIME…] [OPTIONS]: the tests in deno, bun and workerd; in all without a RUNTIME

  --only WORD      the files of tests whose path contains it, and no suite of the runner; may be repeated
  --from FOLDER    use the runtimes in its node_modules (npm install deno@2 bun@1 miniflare@4): without it they are installed
                   by npm into a temporary folder, some 100 MB each
  --limit SECONDS  how long a test may take; 60
  --logs FOLDER    write what each file prints into it`

const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    from: { type: 'string' },
    limit: { type: 'string', default: '60' },
    logs: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowPositionals: true,
})
/** How each is installed; and for those that run the tests, how it runs a program, and a file of tests of which it writes a report for JUnit. */
const runtimes = {
  deno: {
    package: 'deno@2',
    exempt: exemptInDeno,
    program: (file) => ['run', '-A', '--v8-flags=--expose-gc', file],
    command: (file, report) => [
      ...['test', '-A', '--no-check', '--v8-flags=--expose-gc', '--preload=scripts/runtimes/deno-limit.js'],
      ...[`--junit-path=${report}`, file],
    ],
  },
  bun: {
    package: 'bun@1',
    exempt: exemptInBun,
    program: (file) => [file],
    command: (file, report) => [
      ...['test', `--timeout=${1000 * values.limit}`, '--reporter=junit', `--reporter-outfile=${report}`],
      `./${file}`,
    ],
  },
  workerd: { package: 'miniflare@4' },
}

if (values.help) {
  console.log(help)
  process.exit(0)
}
const strange = positionals.filter((name) => !(name in runtimes))
if (strange.length > 0) {
  console.error(`There is no runtime ${strange.join(', ')}: ${Object.keys(runtimes).join(', ')}`)
  process.exit(2)
}

const built = join('build', 'test')
const files = readdirSync(join(root, built), { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => values.only.length === 0 || values.only.some((word) => `test/${file}`.includes(word)))
  .sort()
if (files.length === 0) {
  console.error(`No file of tests matches ${values.only.join(' ')}: are they built?`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'gvent-runtimes-'))
const installed = values.from === undefined ? folder : resolve(values.from)
/** What runs at the moment. */
const children = new Set()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of children) killAll(child)
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  })
}
let failures = 0
try {
  const names = positionals.length > 0 ? positionals : Object.keys(runtimes)
  if (values.from === undefined) {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
    const packages = names.map((name) => runtimes[name].package)
    installPackages(folder, packages)
  }
  for (const name of names) failures += await (name === 'workerd' ? tryWorkers() : tryRuntime(name))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failures === 0 ? 0 : 1)

async function tryWorkers() {
  const modules = join(installed, 'node_modules')
  const { Miniflare } = await import(pathToFileURL(join(modules, 'miniflare', 'dist', 'src', 'index.js')).href)
  const { version } = JSON.parse(readFileSync(join(modules, 'workerd', 'package.json'), 'utf8'))
  const { passed, failed } = await tryWorkerd(Miniflare, root)
  for (const problem of failed) console.log(`✖ workerd: ${problem}`)
  console.log(`workerd ${version}: ${passed.length} of ${passed.length + failed.length} workers do as they should`)
  return failed.length
}

/** Runs the programs that show why tests are exempt. @returns how many print something else than is written down */
async function tryFacts(name, binary) {
  let failures = 0
  // Beside the certificate that some of them use.
  const file = join(root, built, 'io', `fact-${process.pid}.mjs`)
  for (const [fact, { program, node, [name]: expected }] of Object.entries(facts)) {
    if (expected === undefined) continue
    writeFileSync(file, program)
    const { stdout } = await run(binary, runtimes[name].program(file))
    const got = stdout.trim()
    if (got === expected) continue
    failures++
    const asNode = got === node ? ', as Node does: look at the tests that are exempt for it' : `, and not ${expected}`
    console.log(`✖ ${name}: facts.js: ${fact} prints ${got}${asNode}`)
  }
  rmSync(file, { force: true })
  return failures
}

async function tryRuntime(name) {
  const binary = join(installed, 'node_modules', '.bin', name)
  const wrong = values.only.length > 0 ? 0 : await tryFacts(name, binary)
  const counts = { files: 0, passed: 0, exempt: 0, unknown: 0, exemptFiles: 0, failed: 0, hung: 0 }
  const queue = [...files]
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await tryFile(name, binary, file, counts)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' })
    .stdout.split('\n')[0]
    .replace(/^deno (\S+).*/, '$1')
  const more = counts.hung === 0 ? '' : `, ${counts.hung} files do not end`
  console.log(
    `${name} ${version}: ${counts.passed} tests of ${counts.files} files pass, ${counts.exempt} tests and ` +
      `${counts.exemptFiles} whole files are exempt (${counts.unknown} for a reason that is not known), ${counts.failed} fail${more}`,
  )
  const suites = values.only.length > 0 ? 0 : tryRunner(folder, name, runners[name], binary)
  return wrong + counts.failed + counts.hung + suites
}

async function tryFile(name, binary, file, counts) {
  const reasons = reasonsFor(runtimes[name].exempt, `test/${file.replace(/js$/, 'ts')}`)
  if ('*' in reasons) {
    counts.exemptFiles++
    counts.unknown += reasons['*'] === unknown ? 1 : 0
    return
  }
  counts.files++
  const report = join(folder, `${name}-${file.replaceAll('/', '-')}.xml`)
  const { status, output, isLate } = await run(binary, runtimes[name].command(join(built, file), report))
  if (values.logs !== undefined) writeFileSync(join(values.logs, `${name}-${file.replaceAll('/', '-')}.log`), output)
  if (isLate) {
    counts.hung++
    console.log(`✖ ${name}: test/${file} does not end`)
    return
  }
  const { passed, failed } = readReport(report)
  const surprises = failed.filter((test) => !(test in reasons))
  counts.passed += passed.length
  counts.exempt += failed.length - surprises.length
  counts.unknown += failed.filter((test) => reasons[test] === unknown).length
  counts.failed += surprises.length
  for (const test of surprises) console.log(`✖ ${name}: test/${file}: ${test}`)
  for (const test of passed) if (test in reasons) console.log(`? ${name}: test/${file}: ${test}: passes, and is listed`)
  if (passed.length + failed.length === 0 && status !== 0) {
    counts.failed++
    console.log(`✖ ${name}: test/${file} does not run\n${output.trimEnd().replaceAll(/^/gm, '    ')}`)
  }
}

/** The tests of a file that are exempt: it is listed, or a folder in which it lies. */
function reasonsFor(exempt, file) {
  const listed = Object.keys(exempt).find((path) => path === file || (path.endsWith('/') && file.startsWith(path)))
  return exempt[listed] ?? {}
}

async function run(binary, args) {
  const child = spawn(binary, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', GVENT_LIMIT: String(1000 * values.limit) },
    // What its tests have started ends with it.
    detached: true,
  })
  children.add(child)
  let output = ''
  let stdout = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  child.stdout.on('data', (text) => (stdout += text))
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    killAll(child)
  }, 10_000 * values.limit)
  const status = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  children.delete(child)
  killAll(child)
  return { status, output, stdout, isLate }
}

function killAll({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left.
  }
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
