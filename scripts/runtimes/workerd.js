/**
 * Tries gvent in workerd, the runtime of Cloudflare Workers: importing it has to raise one clear error, for the scheduler alone and with
 * sockets and `fetch`, on old and new compatibility dates, and in each of several requests that overlap. Nothing leaves this machine.
 */
import { clearTimeout, setTimeout } from 'node:timers'
import { build } from 'esbuild'

/** What `fetch` of a worker has to answer. */
const REFUSED = 'GVENT_PLATFORM gvent does not run in workerd (Cloudflare Workers)'
const REQUESTS = 20
const LIMIT = 30_000

/** The first date of which workerd has modules, when it had no `navigator` yet; and one that has all. */
const dates = ['2021-11-03', '2026-01-01']

/** A program for each entry of the package, with the names that it imports. */
const entries = {
  'gvent/scheduler': {
    names: 'run, sleep, spawn, withTimeout',
    program: `run(function* () { yield* withTimeout(1000, () => sleep(5)); yield* spawn(() => sleep(60_000)).kill() })`,
  },
  gvent: {
    names: 'fetch, run',
    program: `run(function* () { yield* (yield* fetch('data:,page')).text() })`,
  },
}

const workers = {
  'a worker that imports it does not start': {
    main: (entry, { names, program }) => `
      import { ${names} } from '${entry}'
      export default { fetch: async () => { await ${program}; return new Response('ran') } }`,
    check: async (worker, output) => {
      const started = await worker.ready.then(
        () => 'it starts',
        () => undefined,
      )
      if (started !== undefined) return started
      return output().includes('gvent does not run in workerd') ? undefined : `it says ${output()}`
    },
  },
  'each of the requests that overlap gets the error': {
    // All wait for the last one, so that they do overlap.
    main: (_entry, { names, program }) => `
      let arrived = 0
      export default {
        async fetch() {
          arrived++
          while (arrived < ${REQUESTS}) await new Promise((resolve) => setTimeout(resolve, 1))
          try {
            const { ${names} } = await import('./gvent.js')
            await ${program}
            return new Response('ran')
          } catch (error) {
            return new Response(error.code + ' ' + error.message)
          }
        }
      }`,
    check: async (worker) => {
      const ask = async () => (await worker.dispatchFetch('http://127.0.0.1/')).text()
      const answers = new Set(await Promise.all(Array.from({ length: REQUESTS }, ask)))
      return answers.size === 1 && answers.has(REFUSED) ? undefined : `it answers ${Array.from(answers).join('; ')}`
    },
  },
}

/**
 * @param {new (options: object) => import('miniflare').Miniflare} Miniflare
 * @param {string} root the folder of gvent
 * @returns {Promise<{ passed: string[], failed: string[] }>}
 */
export async function tryWorkerd(Miniflare, root) {
  const results = { passed: [], failed: [] }
  for (const date of dates) {
    for (const [entry, program] of Object.entries(entries)) {
      for (const [name, { main, check }] of Object.entries(workers)) {
        const problem = await tryWorker(Miniflare, root, date, entry, main(entry, program), check)
        const what = `${entry}, ${date}: ${name}`
        if (problem === undefined) results.passed.push(what)
        else results.failed.push(`${what}: ${problem}`)
      }
    }
  }
  return results
}

async function tryWorker(Miniflare, root, compatibilityDate, entry, main, check) {
  let output = ''
  const handleRuntimeStdio = (...streams) => {
    for (const stream of streams) stream.setEncoding('utf8').on('data', (text) => (output += text))
  }
  const modules = [
    { type: 'ESModule', path: 'main.js', contents: await bundle(root, main) },
    { type: 'ESModule', path: 'gvent.js', contents: await bundle(root, `export * from '${entry}'`) },
  ]
  const worker = new Miniflare({ compatibilityDate, modules, handleRuntimeStdio, host: '127.0.0.1' })
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, LIMIT, 'it does not answer')))
  try {
    return await Promise.race([check(worker, () => output), late])
  } catch (error) {
    return String(error)
  } finally {
    clearTimeout(timer)
    await worker.dispose().catch(() => undefined)
  }
}

/** As the bundlers of workers do it. */
async function bundle(root, contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    external: ['./gvent.js'],
    conditions: ['workerd', 'worker', 'browser', 'module'],
  })
  return outputFiles[0].text
}
