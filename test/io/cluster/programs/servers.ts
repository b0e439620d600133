import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import {
  HTTPServer,
  StreamServer,
  WSGIServer,
  run,
  serve,
  sleep,
  Cluster,
  type ClusterOptions,
  type ClusterWorker,
} from 'gvent'

/**
 * A program for the tests of the cluster: `servers.js kind options`. It prints what happens, one line each, and does what
 * the primary is told by lines on stdin.
 */
const kind = process.argv[2]!
const options = JSON.parse(process.argv[3] ?? '{}') as ClusterOptions
const host = '127.0.0.1'

const mains: Record<string, (worker: ClusterWorker) => unknown> = {
  http: () =>
    new HTTPServer({ host, port: 0 }, function* (request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/slow') yield* sleep(300)
      if (pathname === '/exit') process.exit(7)
      if (pathname === '/stuck') yield* sleep(Infinity)
      return new Response(`${process.pid} ${process.env['VERSION'] ?? ''}`)
    }),
  // Two at a time.
  others: () => [
    new WSGIServer({ host, port: 0 }, function* (_environ, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      yield `${process.pid} `
    }),
    new StreamServer({ path: process.argv[4]! }, function* (socket) {
      yield* socket.sendAll(`${process.pid} `)
    }),
  ],
  // It waits for something first, and looks after its servers itself.
  *own({ number }) {
    yield* sleep(10)
    const server = new HTTPServer({ host, port: 0 }, () => new Response(`${process.pid} `))
    try {
      yield* server.serveForever()
    } finally {
      yield* sleep(1)
      console.log(`worker ${number} cleaned up`)
    }
  },
  // It listens nowhere.
  *jobs(worker) {
    yield* sleep(10)
    console.log(`worker ${worker.number} works`)
    worker.ready()
    for (;;) yield* sleep(1000)
  },
  broken: () => process.exit(9),
  hanging: () => sleep(Infinity),
}

if (cluster.isWorker && existsSync(`${process.argv[4]}.broken`)) throw new Error('this version is broken')
const main = mains[kind]!
if (cluster.isPrimary && options.workers !== 0) {
  const primary = new Cluster(options, main)
  process.stdin.setEncoding('utf8').on('data', (command: string) => {
    void obey(primary, command.trim())
  })
  process.stdin.unref?.()
  await run(function* () {
    yield* primary.start()
    const address = primary.address()
    console.log(`listening ${typeof address === 'string' ? address : (address?.port ?? 'nowhere')}`)
    yield* primary.serveForever()
  })
  console.log('ended')
  process.stdin.destroy()
  // Deno goes on for a stdin that it has read.
  if ('Deno' in globalThis) process.exit()
} else await serve(options, main)

async function obey(primary: Cluster, command: string): Promise<void> {
  try {
    if (command === 'reload') await primary.reload()
    if (command === 'stop') await primary.stop()
    console.log(`${command} done ${JSON.stringify(primary.stats())}`)
  } catch (error) {
    console.log(`${command} failed: ${(error as Error).message}`)
  }
}
