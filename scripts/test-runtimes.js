/**
 * Runs the tests in other runtimes than Node: `npm run test:runtimes [-- runtime…]`; `--help` lists the options.
 *
 * In Deno and Bun each file of tests runs under the runtime's own test runner. Tests that cannot pass there are listed in
 * runtimes/exempt-both.js, exempt-deno.js and exempt-bun.js, each with its reason; one that is listed and passes, or is no test any
 * more, is named, so that the lists stay short. Then the runner runs the suites of test-runners.js. In workerd a few workers are
 * asked. The tests have to be built. Processes that they start end with them, and with the run, however that ends.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { installPackages } from './install-packages.js'
import { runners } from './runners/runners.js'
import { tryRunner } from './runners/try-runner.js'
import { exempt as exemptInBun } from './runtimes/exempt-bun.js'
import { exempt as exemptInDeno } from './runtimes/exempt-deno.js'
import { facts } from './runtimes/facts.js'
import { endGroup, endProcesses, variable } from './runtimes/processes.js'
import { Results, readReport } from './runtimes/results.js'
import { tryWorkerd } from './runtimes/workerd.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const help = `npm run test:runtimes [-- RUNTIME…] [OPTIONS]: the tests in deno, bun and workerd; in all without a RUNTIME

  --only WORD      the files of tests whose path contains it, and no suite of the runner; may be repeated
  --from FOLDER    use the runtimes in its node_modules (npm install deno@2 bun@1 miniflare@4): without it they are installed
                   by npm into a temporary folder, some 100 MB each
  --limit SECONDS  how long a test may take; 60
  --memory MB      what each process may take; 6,000: a test that goes wrong there must not take all of the machine
  --jobs NUMBER    how many files run at the same time; as many as there are processors
  --logs FOLDER    write what each file prints into it

It prints how far it is every ten seconds, each test that fails and is not exempt (✖), each that is exempt without need (?), and in the end how many
ran, passed, and are exempt for which reason. The exit status is 0 if all that are not exempt pass, 1 if not, and 2 for wrong arguments.`

const SECONDS_OF_PROGRESS = 10
/** How long to wait for the last output of a process that has ended, in milliseconds. */
const PATIENCE = 5_000
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    from: { type: 'string' },
    limit: { type: 'string', default: '60' },
    memory: { type: 'string', default: '6000' },
    jobs: { type: 'string', default: String(availableParallelism()) },
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
if (strange.length > 0) refuse(`There is no runtime ${strange.join(', ')}: ${Object.keys(runtimes).join(', ')}`)
for (const name of ['limit', 'memory', 'jobs'])
  if (!/^[1-9]\d{0,4}$/.test(values[name])) refuse(`--${name} ${values[name]} is no whole number from 1 to 99,999`)

const built = join('build', 'test')
const files = filesBelow(join(root, built))
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => values.only.length === 0 || values.only.some((word) => `test/${file}`.includes(word)))
  .sort()
if (files.length === 0) refuse(`No file of tests matches ${values.only.join(' ')}: are they built?`)
if (values.logs !== undefined) mkdirSync(values.logs, { recursive: true })

const folder = mkdtempSync(join(tmpdir(), 'gvent-runtimes-'))
const installed = values.from === undefined ? folder : resolve(values.from)
/** Names this run in all that it starts. */
const mark = `${basename(folder)}/`
/** What runs at the moment. */
const children = new Set()
let runs = 0
watchOver()

let failures = 0
const names = positionals.length > 0 ? positionals : Object.keys(runtimes)
if (values.from === undefined) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  installPackages(
    folder,
    names.map((name) => runtimes[name].package),
  )
}
for (const name of names) failures += await (name === 'workerd' ? tryWorkers() : tryRuntime(name))
process.exit(failures === 0 ? 0 : 1)

function refuse(reason) {
  console.error(reason)
  process.exit(2)
}

function filesBelow(path) {
  try {
    return readdirSync(path, { recursive: true })
  } catch {
    return []
  }
}

/** Sees to it that nothing is left of this run when it ends. */
function watchOver() {
  const args = [join(root, 'scripts', 'runtimes', 'end-after.js'), mark, folder]
  // In a group of its own, out of reach of Ctrl-C.
  spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'], detached: true }).unref()
  process.env[variable] = mark
  process.once('exit', () => {
    for (const { pid } of children) endGroup(pid)
    endProcesses(mark)
    rmSync(folder, { recursive: true, force: true })
  })
  for (const [signal, number] of Object.entries(signals)) process.once(signal, () => process.exit(128 + number))
}

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
  const file = join(folder, 'io', 'fact.mjs')
  copyTLS()
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
  return failures
}

/** Puts the certificate that some of them use beside them. */
function copyTLS() {
  const paths = ['io/tls-fixture.js', 'fixtures/tls/key.pem', 'fixtures/tls/cert.pem']
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(root, path.endsWith('.js') ? built : 'test', path), join(folder, path))
  }
}

async function tryRuntime(name) {
  const binary = join(installed, 'node_modules', '.bin', name)
  const wrong = values.only.length > 0 ? 0 : await tryFacts(name, binary)
  const results = new Results(files.length)
  const queue = [...files]
  /** The files that run at the moment, each with the time of its start. */
  const running = new Map()
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      running.set(file, performance.now())
      await tryFile(name, binary, file, results)
      running.delete(file)
      results.done++
    }
  }
  const progress = setInterval(() => {
    const all = Array.from(running, ([file, start]) => `test/${file} (${inSeconds(performance.now() - start)})`)
    console.log(`${name}: ${results.progress()}; ${all.join(', ')}`)
  }, 1000 * SECONDS_OF_PROGRESS)
  const start = performance.now()
  await Promise.all(Array.from({ length: values.jobs }, work))
  clearInterval(progress)
  const suites = values.only.length > 0 ? 0 : tryRunner(folder, name, runners[name], binary)
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' })
    .stdout.split('\n')[0]
    .replace(/^deno (\S+).*/, '$1')
  console.log(`${name} ${version}, ${inSeconds(performance.now() - start)}: ${results.summary()}`)
  return wrong + results.failed + results.hung + suites
}

function inSeconds(milliseconds) {
  return `${Math.round(milliseconds / 1000)} s`
}

async function tryFile(name, binary, file, results) {
  const reasons = reasonsFor(runtimes[name].exempt, `test/${file.replace(/js$/, 'ts')}`)
  if ('*' in reasons) {
    results.addExemptFile(reasons['*'].reason ?? reasons['*'])
    return
  }
  const report = join(folder, `${name}-${file.replaceAll('/', '-')}.xml`)
  const { status, output, isLate } = await run(binary, runtimes[name].command(join(built, file), report))
  if (values.logs !== undefined) writeFileSync(join(values.logs, `${name}-${file.replaceAll('/', '-')}.log`), output)
  if (isLate) {
    results.hung++
    console.log(`✖ ${name}: test/${file} does not end`)
    return
  }
  const { passed, failed, skipped } = readReport(report)
  results.passed += passed.length
  results.skipped += skipped.length
  for (const test of failed) {
    if (test in reasons) results.addExempt(reasons[test].reason ?? reasons[test])
    else {
      results.failed++
      console.log(`✖ ${name}: test/${file}: ${test}`)
    }
  }
  if (passed.length + failed.length === 0) {
    if (status === 0) return
    results.failed++
    console.log(`✖ ${name}: test/${file} does not run\n${output.trimEnd().replaceAll(/^/gm, '    ')}`)
    return
  }
  for (const test of Object.keys(reasons)) {
    if (passed.includes(test)) console.log(`? ${name}: test/${file}: ${test}: passes, and is listed`)
    else if (![...failed, ...skipped].includes(test))
      console.log(`? ${name}: test/${file}: ${test}: is listed, and there is no such test`)
  }
}

/** The tests of a file that are exempt: it is listed, or a folder in which it lies. */
function reasonsFor(exempt, file) {
  const listed = Object.keys(exempt).find((path) => path === file || (path.endsWith('/') && file.startsWith(path)))
  return exempt[listed] ?? {}
}

async function run(binary, args) {
  const own = `${mark}${runs++}/`
  const limited = `ulimit -d ${1024 * values.memory} && exec "$0" "$@"`
  const child = spawn('sh', ['-c', limited, binary, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', GVENT_LIMIT: String(1000 * values.limit), [variable]: own },
    // Without /proc, its group is how the processes of its tests are found.
    detached: true,
  })
  children.add(child)
  const end = () => {
    endGroup(child.pid)
    endProcesses(own)
  }
  let output = ''
  let stdout = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  child.stdout.on('data', (text) => (stdout += text))
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, 10_000 * values.limit)
  // Not 'close': processes that its tests have left keep its pipes open.
  const status = await new Promise((resolve) => child.once('exit', resolve))
  clearTimeout(timer)
  end()
  children.delete(child)
  await Promise.all([child.stdout, child.stderr].map(readToEnd))
  return { status, output, stdout, isLate }
}

async function readToEnd(stream) {
  if (stream.closed) return
  const timer = setTimeout(() => stream.destroy(), PATIENCE)
  await once(stream, 'close')
  clearTimeout(timer)
}
