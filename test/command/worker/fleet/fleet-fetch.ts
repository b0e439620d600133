import { createReadStream, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { startRedis } from '../../../ecosystem/redis-server.js'
import { root } from '../../../docs/pages.js'
import { startProgram, type Program } from '../../../io/program.js'

const gvent = join(root, 'dist', 'command', 'main.js')
/** How long the server takes for an answer, in milliseconds. */
const ANSWER = 5
/** How many requests there may be at once in all. */
const PER_HOST = 30

/** How a list was fetched by a fleet. */
export interface FleetResult {
  /** URLs that have a line in the manifest. */
  readonly urls: number
  readonly lines: number
  readonly fetched: number
  /** Jobs in the engine after the list was put there a second time. */
  readonly queued: number
  /** How many requests the server has answered, of which some were made twice. */
  readonly requests: number
  /** How many it had at once at most. */
  readonly atOnce: number
  /** What is left in the engine. */
  readonly left: number
  readonly statuses: readonly (number | null)[]
  readonly transcript: string
}

/** Has three processes fetch a list of URLs from an engine, of which one is killed when a third is done. */
export async function fetchByFleet(count: number, perHost = PER_HOST): Promise<FleetResult> {
  const redis = await startRedis()
  const client = new Redis(redis.port)
  const site = await startSite()
  const list = join(redis.folder, 'urls.txt')
  const manifest = join(redis.folder, 'done.jsonl')
  writeFileSync(list, Array.from({ length: count }, (_, index) => `${site.address}/${index}\n`).join(''))
  const variables = { GVENT_ENGINE: `redis://127.0.0.1:${redis.port}` }
  const texts: string[] = []
  const run = (...args: string[]): Program => {
    texts.push(`$ npx gvent ${args.join(' ').replaceAll(redis.folder, '.')}`)
    return startProgram([gvent, ...args], variables)
  }
  const end = async (program: Program): Promise<number | null> => {
    const { code, stderr } = await program.ended
    texts.push(stderr.trimEnd())
    return code
  }
  try {
    const first = await end(run('fetch', '--enqueue', list))
    const second = await end(run('fetch', '--enqueue', list))
    const queued = await client.xlen('gvent:{fetch}')
    const worker = run(
      ...['worker', '--fetch', '--processes', '3', '--concurrency', '20'],
      ...['--per-host', String(perHost), '--lease', '3s', '--health', '0'],
    )
    let said = ''
    worker.child.stderr!.on('data', (text: string) => (said += text))
    const collector = run('fetch', '--collect', '--manifest', manifest, list)
    await site.reached(Math.ceil(count / 3))
    const pid = Number(/process (\d+) takes jobs/.exec(said)![1])
    texts.push(`$ kill -9 ${pid}`)
    process.kill(pid, 'SIGKILL')
    const collected = await end(collector)
    worker.child.kill('SIGTERM')
    const stopped = await end(worker)
    const urls = new Set<string>()
    let lines = 0
    let fetched = 0
    for await (const line of createInterface({ input: createReadStream(manifest) })) {
      const { url, outcome } = JSON.parse(line) as { url: string; outcome: string }
      lines++
      urls.add(url)
      if (outcome === 'fetched') fetched++
    }
    const left = (await client.xlen('gvent:{fetch}')) + (await client.xlen('gvent:{fetch}:dead'))
    const { requests, atOnce } = site
    const statuses = [first, second, collected, stopped]
    const transcript = texts.join('\n')
    return { urls: urls.size, lines, fetched, queued, requests, atOnce, left, statuses, transcript }
  } finally {
    client.disconnect()
    site.close()
    await redis.stop()
  }
}

interface Site {
  readonly address: string
  readonly requests: number
  readonly atOnce: number
  reached(requests: number): Promise<void>
  close(): void
}

/** A site that counts. */
async function startSite(): Promise<Site> {
  let requests = 0
  let active = 0
  let atOnce = 0
  const waiting: { requests: number; resolve: () => void }[] = []
  const server = createServer((_, response) => {
    atOnce = Math.max(atOnce, ++active)
    setTimeout(() => {
      active--
      requests++
      response.end('page\n')
      for (const each of waiting) if (requests >= each.requests) each.resolve()
    }, ANSWER)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    get atOnce() {
      return atOnce
    },
    reached: (number) =>
      new Promise((resolve) => {
        if (requests >= number) resolve()
        else waiting.push({ requests: number, resolve })
      }),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
