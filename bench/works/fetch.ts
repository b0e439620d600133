import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { elapsedTime, processorTime } from '../gauges.js'
import type { LocalWork, Run } from '../work.js'

const pages = {
  unit: 'ns',
  operations: 1000,
  warmups: 5,
  rounds: 20,
} as const

/** One operation: a page is fetched and read as text, 100 at a time, from a server in a process of its own. */
export const fetching: LocalWork = {
  ...pages,
  name: 'fetch',
  title: '1,000 fetches, 100 at a time',
  gauge: elapsedTime,
  peers: peersOf('fetch'),
}

/** The same, but what is measured is the processor time of the process that fetches. */
export const fetchingTime: LocalWork = {
  ...pages,
  name: 'fetch-cpu',
  title: '1,000 fetches, 100 at a time: processor time',
  gauge: processorTime,
  peers: peersOf('fetch-cpu'),
}

/** One operation: a page is fetched by a program that is started for 1,000 of them, and that prints what it found. */
export const fetcher: LocalWork = {
  ...pages,
  name: 'fetcher',
  title: 'a program that fetches 1,000 pages, 100 at a time, from its start to its end',
  gauge: elapsedTime,
  warmups: 1,
  rounds: 3,
  peers: [
    {
      name: 'gvent',
      note: 'gvent fetch --concurrency 100 --file',
      load: () => program('dist/bundles/gvent.js', ['fetch', '--concurrency', '100', '--file']),
    },
    {
      name: 'p-limit',
      note: "twelve lines with p-limit and Node's fetch",
      load: () => program('build/bench/serving/plain-fetcher.js', []),
    },
  ],
}

function peersOf(work: 'fetch' | 'fetch-cpu'): LocalWork['peers'] {
  return [
    {
      name: 'gvent',
      note: 'Pool(100), fetch',
      load: async () => {
        const { Pool, fetch, run } = await import('gvent')
        return against((url) => {
          const pool = new Pool(100)
          function* page() {
            const response = yield* fetch(url)
            return yield* response.text()
          }
          return (operations) => run(() => pool.map(page, Array(operations).fill(0)))
        })
      },
    },
    {
      name: 'p-limit',
      note: "p-limit, Node's fetch",
      goal: 1,
      load: async () => {
        const { default: pLimit } = await import('p-limit')
        return against((url) => {
          const limit = pLimit(100)
          const page = async (): Promise<string> => (await fetch(url)).text()
          return (operations) => Promise.all(Array.from({ length: operations }, () => limit(page)))
        })
      },
    },
    { name: 'gevent', note: 'Pool(100), requests with a session', goal: 0.5, language: 'python', work },
  ]
}

/** Runs a program of the project on a file of addresses, and drops what it prints. */
function program(path: string, options: readonly string[]): Promise<Run> {
  const file = fileURLToPath(new URL(`../../../${path}`, import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'gvent-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const list = join(folder, 'urls')
  return against((url) => async (operations) => {
    writeFileSync(list, `${url}\n`.repeat(operations))
    const child = spawn(process.execPath, [file, ...options, list], { stdio: 'ignore' })
    const [status] = (await once(child, 'exit')) as [number | null]
    if (status !== 0) throw new Error(`${path} ended with ${status}`)
  })
}

/** Starts the server, which ends with this process. */
async function against(make: (url: string) => Run): Promise<Run> {
  const file = fileURLToPath(new URL('../serving/server.js', import.meta.url))
  const server = spawn(process.execPath, [file, 'http-node', 'node:http'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return make(`http://127.0.0.1:${port.toString().trim()}/`)
}
