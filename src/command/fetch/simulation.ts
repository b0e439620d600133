import { HTTPServer, killAll, sleep, type Coroutine, type Greenlet } from '../../index.js'
import { network, simulate } from '../../testing/index.js'
import { Sources } from './input/sources.js'
import type { Options } from './options/options.js'
import { FetchProgram } from './program.js'

/**
 * Runs the program on a simulated network with faults: messages take their time, connections are refused and break, servers
 * are slow, busy or wrong. All of it comes from the seed.
 *
 * @returns the exit status.
 */
export async function simulateFetch(options: Options, seed: number, version: string): Promise<number> {
  const hosts = hostsOf(options)
  const sources = new Sources(options.urls, options.files)
  sources.readAll()
  let status = 1
  await simulate(
    {
      seed,
      strategy: 'random',
      globals: true,
      maxSteps: 100_000_000,
      network: { resets: true, refusals: true, lookupFailures: true },
    },
    function* fetchSimulated(): Coroutine<void> {
      const servers: Greenlet[] = []
      for (const host of hosts) {
        const [name = '', port = '80'] = host.split(':')
        servers.push(network().host(name).spawn(serve, Number(port)))
      }
      status = yield* new FetchProgram(options, sources, version).run()
      yield* killAll(servers)
    },
  )
  return status
}

/** The hosts to which the URLs lead. */
function hostsOf(options: Options): Set<string> {
  const sources = new Sources(options.urls, options.files)
  sources.readAll()
  const hosts = new Set<string>()
  for (let target = sources.take(); target !== undefined; target = sources.take()) {
    if (target.mistake === undefined) hosts.add(new URL(target.url).host)
  }
  return hosts
}

/** Serves pages for every path, some of them badly. */
function* serve(port: number): Coroutine<void> {
  const server = new HTTPServer({ port }, function* page(request: Request): Coroutine<Response> {
    const { pathname } = new URL(request.url)
    const chance = Math.random()
    if (chance < 0.05) return new Response('busy\n', { status: 503, headers: { 'retry-after': '2' } })
    if (chance < 0.08) return new Response('broken\n', { status: 500 })
    if (chance < 0.1) return new Response('gone\n', { status: 404 })
    yield* sleep(Math.random() * (chance < 0.13 ? 60_000 : 200))
    return new Response(`page ${pathname}\n`.repeat(1 + Math.floor(Math.random() * 100)))
  })
  try {
    yield* server.serveForever()
  } finally {
    yield* server.stop({ timeout: 0 })
  }
}
