import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { elapsedTime } from '../gauges.js'
import type { LocalWork, Run } from '../work.js'

/** One operation: a page is fetched and read as text, 100 at a time, from a server in a process of its own. */
export const fetching: LocalWork = {
  name: 'fetch',
  title: '1,000 fetches, 100 at a time',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 1000,
  warmups: 5,
  rounds: 20,
  peers: [
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
      goal: 1.03,
      load: async () => {
        const { default: pLimit } = await import('p-limit')
        return against((url) => {
          const limit = pLimit(100)
          const page = async (): Promise<string> => (await fetch(url)).text()
          return (operations) => Promise.all(Array.from({ length: operations }, () => limit(page)))
        })
      },
    },
  ],
}

/** Starts the server, which ends with this process. */
async function against(make: (url: string) => Run): Promise<Run> {
  const file = fileURLToPath(new URL('../serving/server.js', import.meta.url))
  const server = spawn(process.execPath, [file, 'http-node', 'node:http'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return make(`http://127.0.0.1:${port.toString().trim()}/`)
}
