/**
 * Runs the tests of the scheduler and of the test kit in a page of Chromium: `node scripts/test-browsers.js [substring…]`.
 *
 * Each file of tests is bundled for a browser with what takes the place of `node:test`, `node:assert`, `node:util` and
 * `node:events`. Files that need Node are left out: those that import anything else of Node's, or more of `gvent` than
 * `gvent/scheduler` has. Tests that cannot pass in a page are listed in browser/exempt.js, each with its reason. The library has
 * to be built, and Chromium to be installed (Debian: `chromium`).
 */
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { exempt } from './browser/exempt.js'
import { installPackages } from './install-packages.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))
/** For tests that hang, in milliseconds. */
const LIMIT = 120_000

if (executablePath === undefined) {
  console.error('There is no Chromium: apt-get install chromium')
  process.exit(1)
}

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
    const custom = Symbol.for('nodejs.util.inspect.custom')
    export const inspect = (value, options) => {
      if (typeof value?.[custom] === 'function') return value[custom](2, {}, inspect)
      return value instanceof Error ? value.stack : inspectPlain(value, options)
    }
    inspect.custom = custom`,
}

const entries = {
  gvent: '/dist/scheduler/development.js',
  'gvent/scheduler': '/dist/scheduler/development.js',
  'gvent/streams': '/dist/scheduler/streams/index.js',
  'gvent/testing': '/dist/testing/portable.js',
}

const wanted = process.argv.slice(2)
const files = ['test/scheduler', 'test/testing', 'scripts/browser/page']
  .flatMap((room) => readdirSync(join(root, room), { recursive: true }).map((file) => `${room}/${file}`))
  .filter((file) => /\.test\.[jt]s$/.test(file))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()

const folder = mkdtempSync(join(tmpdir(), 'gvent-browsers-'))
let aborted = 0
let script = ''
const counts = { passed: 0, exempt: 0, failed: 0, files: 0, onNode: 0 }
try {
  install('assert@2', 'util@0.12', 'events@3')
  await runAll()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(
  `${counts.passed} tests of ${counts.files} files pass in Chromium, ${counts.exempt} are exempt, ${counts.failed} fail; ` +
    `${counts.onNode} files need Node`,
)
process.exit(counts.failed === 0 ? 0 : 1)

function install(...packages) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  installPackages(folder, packages)
}

async function runAll() {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--js-flags=--expose-gc'] })
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    for (const file of files) await runFile(browser, `http://127.0.0.1:${server.address().port}/`, file)
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
}

/**
 * An empty page, the library's modules, and the file of tests that was bundled last. `/never` is not answered, so that a page can
 * abort the request; `/aborted` says how many were.
 */
function answer({ url }, response) {
  if (url === '/never') response.once('close', () => aborted++)
  else if (url === '/aborted') response.end(String(aborted))
  else if (url.startsWith('/?') || url === '/')
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>tests</title>')
  else {
    response.setHeader('content-type', 'text/javascript')
    const file = join(root, url)
    if (/^\/(test|scripts)\//.test(url)) response.end(script)
    else if (url.startsWith('/dist/') && existsSync(file)) createReadStream(file).pipe(response)
    else response.writeHead(404).end()
  }
}

async function runFile(browser, address, file) {
  if (exempt[file]?.['*'] !== undefined) {
    counts.exempt++
    return
  }
  script = await bundle(file)
  if (script === undefined) {
    counts.onNode++
    return
  }
  const page = await browser.newPage()
  try {
    await page.goto(address)
    const missing = await page.evaluate((url) => import(url).then(() => '', String), `/${file.replace(/ts$/, 'js')}`)
    if (/does not provide an export/.test(missing)) {
      counts.onNode++
      return
    }
    if (missing !== '') throw new Error(missing)
    counts.files++
    const results = await page.evaluate((limit) => globalThis.runTests(limit), LIMIT)
    const problems = results.flatMap((result) => judge(file, result))
    console.log(`${problems.length === 0 ? '✔' : '✖'} ${file} (${results.length})`)
    for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n      ')}`)
  } catch (error) {
    counts.failed++
    console.log(`✖ ${file}: ${error.message}`)
  } finally {
    await page.close()
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
