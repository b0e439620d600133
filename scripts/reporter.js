/**
 * A reporter for node's test runner that is as quiet as can be: a line a file, every failure in full,
 * what a test printed, and the counts. Meanwhile it tells on stderr how far it is, and what has been running for long.
 */
import { relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

/** How often to print how far the tests are, in milliseconds. */
const PROGRESS = process.stderr.isTTY ? 1000 : 30_000
/** What runs longer than so many milliseconds is named. */
const LONG = 60_000

const root = fileURLToPath(new URL('..', import.meta.url))

export default async function* reporter(events) {
  const files = new Map()
  const counts = []
  const running = new Map()
  const stopTelling = tellProgress(files, running)
  for await (const { type, data } of events) {
    if (type === 'test:dequeue' && !isFile(data)) running.set(keyOf(data), performance.now())
    if (type === 'test:pass' || type === 'test:fail') {
      const file = fileOf(files, data.file ?? data.name)
      running.delete(keyOf(data))
      if (type === 'test:fail' && !isOfChildren(data.details.error)) yield failure(file.name, data)
      // A suite is not a test, and the file itself is reported as a test where it holds none or cannot be loaded.
      if (data.details.type !== 'suite') {
        file.tests += 1
        if (type === 'test:fail' && data.todo === undefined) file.failed += 1
      }
      if (data.nesting === 0) file.milliseconds += data.details.duration_ms
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message
    } else if (type === 'test:diagnostic' && data.nesting === 0 && data.file === undefined) {
      counts.push(`ℹ ${data.message}\n`)
    }
  }
  stopTelling()
  for (const { name, tests, failed, milliseconds } of files.values()) {
    const time = `${Math.round(milliseconds)} ms`
    yield failed === 0 ? `✔ ${name} (${tests}, ${time})\n` : `✖ ${name} (${failed} of ${tests} failed, ${time})\n`
  }
  // Node 20 applies the timeout to a whole file, and does not say in which test it struck.
  for (const key of running.keys()) yield `✖ never ended: ${key}\n`
  yield counts.join('')
}

/** Tells how far the tests are, from time to time. @returns a function that ends it. */
function tellProgress(files, running) {
  const started = performance.now()
  const tell = () => {
    const now = performance.now()
    const all = Array.from(files.values())
    const tests = all.reduce((sum, file) => sum + file.tests, 0)
    const failed = all.reduce((sum, file) => sum + file.failed, 0)
    // The runner reports file after file, so what stands first is what the others wait for.
    const long = Array.from(running)
      .filter(([, since]) => now - since > LONG)
      .slice(0, 1)
    const parts = [
      `… ${Math.round((now - started) / 1000)} s: ${tests} tests of ${files.size} files`,
      failed > 0 ? `, ${failed} failed` : '',
      ...long.map(([key, since]) => `; ${key} has been running for ${Math.round((now - since) / 1000)} s`),
    ]
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${parts.join('')}` : `${parts.join('')}\n`)
  }
  const timer = setInterval(tell, PROGRESS)
  return () => {
    clearInterval(timer)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}

/** The runner wraps each file in a test that is named after it, and whose end it reports only if it failed. */
function isFile({ file, name }) {
  return file === undefined || /\.[cm]?[jt]s$/.test(name)
}

function keyOf({ file, line, name }) {
  return `${relative(root, file ?? '')}:${line} ${name}`
}

function fileOf(files, path) {
  // Source maps give most events the .ts file, but a file that fails to load is named as it was run.
  const name = relative(root, path)
    .replace(/^build\//, '')
    .replace(/\.js$/, '.ts')
  if (!files.has(name)) files.set(name, { name, tests: 0, failed: 0, milliseconds: 0 })
  return files.get(name)
}

/** A suite or a test with subtests fails once more for them; the subtests have been reported themselves. */
function isOfChildren(error) {
  return error?.failureType === 'subtestsFailed'
}

function failure(file, { name, details, line, todo }) {
  if (todo !== undefined) return ''
  const cause = details.error?.cause ?? details.error
  // A failed assertion says all in its message; `inspect` would print what it compares once more.
  const text = cause?.code === 'ERR_ASSERTION' ? cause.stack : inspect(cause)
  return `✖ ${file}${line === undefined ? '' : `:${line}`} ${name}\n${text.replace(/^/gm, '    ')}\n\n`
}
