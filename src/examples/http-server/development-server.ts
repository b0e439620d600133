#!/usr/bin/env node
/**
 * A web server from the library: it answers with the `index.html` of the folder that it is started in.
 *
 * node development-server.js [port]
 */
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { HTTPRequestHandler, HTTPServer, run, until, type Coroutine } from 'gvent'

class IndexHandler extends HTTPRequestHandler {
  *doGET(): Coroutine<void> {
    const page = yield* readIndex()
    this.sendResponse(200)
    this.sendHeader('Content-Type', 'text/html; charset=utf-8')
    this.endHeaders()
    if (page !== null) yield* this.wfile.write(page)
  }
}

/** The page; `null` when there is none. */
function* readIndex(): Coroutine<Buffer | null> {
  try {
    return yield* until((signal) => readFile('index.html', { signal }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

await run(function* main() {
  const server = new HTTPServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8181) }, IndexHandler)
  yield* server.start()
  console.log(`Development server is running at http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  yield* server.serveForever()
})
