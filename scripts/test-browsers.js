/**
 * Runs the tests of the scheduler and of the test kit in the pages of a browser:
 * `node scripts/test-browsers.js [--browser chromium|firefox] [substring…]`.
 *
 * Each file of tests is bundled for a browser with what takes the place of `node:test`, `node:assert`, `node:util` and
 * `node:events`. Files that need Node are left out: those that import anything else of Node's, or more of `gvent` than
 * `gvent/scheduler` has. Tests that cannot pass in a page are listed in browser/exempt.js, each with its reason. The library has
 * to be built, and the browser to be installed (Debian: `chromium`, `firefox-esr`).
 */
import { once } from 'node:events'
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { browsers, find } from './browser/browsers.js'
import { exemptIn } from './browser/exempt.js'
import { TestPage } from './browser/test-page.js'
import { installPackages } from './install-packages.js'

const root = fileURLToPath(new URL('..', import.meta.url))
/** For a test that hangs, and for a file that does, in milliseconds. */
const LIMIT = 120_000
const FILE_LIMIT = 400_000
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

const { values, positionals: wanted } = parseArgs({
  options: { browser: { type: 'string', default: 'chromium' } },
  allowPositionals: true,
})
const name = values.browser
if (!Object.hasOwn(browsers, name)) {
  console.error(`There is no browser ${name}: ${Object.keys(browsers).join(', ')}`)
  process.exit(2)
}
const browser = browsers[name]
const executable = find(browser)
if (executable === undefined) {
  console.error(`There is no ${name}: apt-get install ${browser.package}`)
  process.exit(1)
}
const exempt = exemptIn(name)

const RUNNER_FILE = 'scripts/browser/runner.js'
const EMPTY = '<!doctype html><title>tests</title>'
const RUNNER = `<script type="module" src="/${RUNNER_FILE}"></script>`

const banner = `
  var standInProcess = { env: {}, versions: {}, nextTick: (callback) => queueMicrotask(callback) }
  var standInSetImmediate = (callback) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => { port1.close(); callback() }
    port2.postMessage(0)
  }`
const contents = {
  'node:assert/strict': `import assert from 'assert/'; export default assert.strict`,
  'node:events': `export * from 'events/'`,
  'node:util': `
    import { inspect as inspectPlain } from 'util/'
    import { portableHost } from '#scheduler/kernel/host'
    const custom = Symbol.for('nodejs.util.inspect.custom')
    export const inspect = (value, options) => {
      if (typeof value?.[custom] === 'function') return value[custom](2, {}, inspect)
      return value instanceof Error ? portableHost.inspect(value) : inspectPlain(value, options)
    }
    inspect.custom = custom`,
}

const entries = {
  gvent: '/dist/scheduler/development.js',
  'gvent/scheduler': '/dist/scheduler/development.js',
  'gvent/streams': '/dist/scheduler/streams/index.js',
  'gvent/testing': '/dist/testing/portable.js',
}

const files = ['test/scheduler', 'test/testing', 'scripts/browser/page']
  .flatMap((room) => readdirSync(join(root, room), { recursive: true }).map((file) => `${room}/${file}`))
  .filter((file) => /\.test\.[jt]s$/.test(file))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()

const folder = mkdtempSync(join(tmpdir(), 'gvent-browsers-'))
let page
const never = { begun: 0, aborted: 0 }
let script = ''
const counts = { passed: 0, exempt: 0, failed: 0, files: 0, onNode: 0 }
process.once('exit', () => {
  // The browser has a group of its own, which Ctrl-C does not reach.
  page?.close()
  // Its last processes may be writing still.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})
for (const [signal, number] of Object.entries(signals)) process.once(signal, () => process.exit(128 + number))

install('assert@2', 'util@0.12', 'events@3')
await runAll()
console.log(
  `${counts.passed} tests of ${counts.files} files pass in ${name}, ${counts.exempt} are exempt, ${counts.failed} fail; ` +
    `${counts.onNode} files need Node`,
)
process.exit(counts.failed === 0 ? 0 : 1)

function install(...packages) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  installPackages(folder, packages)
}

async function runAll() {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      // A browser that crashes breaks its request off.
      if (request.complete) throw error
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}/run`
  page = new TestPage((profile) => browser.start(executable, profile, address), folder)
  for (const [number, file] of files.entries()) await runFile(number, file)
}

/**
 * An empty page, the one that runs others, the library's modules, and the file of tests that was bundled last. `/never` is not
 * answered, so that a page can abort the request; `/never-seen` says how many were.
 */
async function answer(request, response) {
  const { url } = request
  if (url === '/never') {
    never.begun++
    response.once('close', () => never.aborted++)
  } else if (url === '/never-seen') response.end(JSON.stringify(never))
  else if (url === '/work') page.answer(JSON.parse(await text(request)), response)
  else if (url.startsWith('/?') || url === '/') response.setHeader('content-type', 'text/html').end(EMPTY)
  else if (url === '/run') response.setHeader('content-type', 'text/html').end(`${EMPTY}<body>${RUNNER}`)
  else {
    response.setHeader('content-type', 'text/javascript')
    const file = join(root, url)
    if (url === `/${RUNNER_FILE}`) createReadStream(file).pipe(response)
    else if (/^\/(test|scripts)\//.test(url)) response.end(script)
    else if (url.startsWith('/dist/') && existsSync(file)) createReadStream(file).pipe(response)
    else response.writeHead(404).end()
  }
}

async function runFile(number, file) {
  if (exempt[file]?.['*'] !== undefined) {
    counts.exempt++
    return
  }
  script = await bundle(file)
  if (script === undefined) {
    counts.onNode++
    return
  }
  try {
    const results = await page.ask({ number, url: `/${file.replace(/ts$/, 'js')}`, limit: LIMIT }, FILE_LIMIT)
    counts.files++
    const problems = results.flatMap((result) => judge(file, result))
    console.log(`${problems.length === 0 ? '✔' : '✖'} ${file} (${results.length})`)
    for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n      ')}`)
  } catch (error) {
    if (/(?:does not|doesn't) provide an export/.test(error.message)) {
      counts.onNode++
      return
    }
    counts.failed++
    console.log(`✖ ${file}: ${error.message}`)
  }
}

/** What is wrong with a test, and counts it. */
function judge(file, { name, error, skipped }) {
  const reason = exempt[file]?.[name]
  if (reason !== undefined || skipped) {
    counts.exempt++
    return []
  }
  counts[error === undefined ? 'passed' : 'failed']++
  return error === undefined ? [] : [`${name}\n${error}`]
}

/** The script of a file of tests, or undefined if it needs Node. */
async function bundle(file) {
  try {
    const { outputFiles } = await build({
      entryPoints: [join(root, file)],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      keepNames: true,
      // For the tests and the stand-ins alone: the library reads properties of globalThis.
      banner: { js: banner },
      define: { global: 'globalThis', process: 'standInProcess', setImmediate: 'standInSetImmediate' },
      logLevel: 'silent',
      plugins: [{ name: 'stand-ins', setup: standIns }],
    })
    return outputFiles[0].text
  } catch (error) {
    if (error.errors?.some(({ text }) => /Could not resolve/.test(text))) return undefined
    throw error
  }
}

/** What takes the place of Node's modules, and of the entry that only Node has. */
function standIns({ onResolve, onLoad }) {
  onResolve({ filter: /^node:test$/ }, () => ({ path: join(root, 'scripts', 'browser', 'node-test.js') }))
  onResolve({ filter: /^node:(assert\/strict|util|events)$/ }, ({ path }) => ({ path, namespace: 'stand-in' }))
  onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path }) => ({ contents: contents[path], resolveDir: folder }))
  onResolve({ filter: /^gvent/ }, ({ path }) => (path in entries ? { path: entries[path], external: true } : null))
  onResolve({ filter: /^#/ }, ({ path }) => ({ path: `/dist/${path.slice(1)}.js`, external: true }))
  // What stands beside other entries than these needs Node.
  onResolve({ filter: /^[a-z]/ }, ({ path, importer }) =>
    importer.startsWith(root) && !(path in entries) && !(path in contents) && path !== 'node:test'
      ? { errors: [{ text: `Could not resolve ${path}` }] }
      : null,
  )
}
