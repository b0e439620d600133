#!/usr/bin/env node
/**
 * A web server on all cores.
 *
 * `kill -HUP` of the primary replaces its workers by new ones that run the program as it is on disk by then, and no
 * request is lost; `kill -TERM`, or Ctrl-C, lets all requests finish.
 *
 * node cluster.js [port] [workers]
 */
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { Cluster, HTTPServer, run } from 'gvent'

const port = Number(process.argv[2] ?? 8080)
const workers = Number(process.argv[3] ?? availableParallelism())

// Every worker runs this program, too. In the primary the cluster starts them; in a worker it calls the function.
const cluster = new Cluster({ workers }, () => {
  return new HTTPServer({ host: '127.0.0.1', port }, () => new Response(`Hello from process ${process.pid}\n`))
})

await run(function* main() {
  if (cluster.isPrimary) {
    yield* cluster.start()
    console.log(`Process ${process.pid} serves http://127.0.0.1:${(cluster.address() as AddressInfo).port}/`)
  }
  yield* cluster.serveForever()
})
