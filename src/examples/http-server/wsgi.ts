#!/usr/bin/env node
/**
 * A gateway between a web server and an application.
 *
 * Servers know HTTP, applications know what to answer, and a gateway is how the two talk. CGI, the first one, starts a
 * process for each request and talks to it over its stdin and stdout. With WSGI an application is a function: the server
 * calls it with what is known of the request and with a callback for the head of the response, and sends what it yields.
 * Middleware is a function between the two: it plays the application to the server, and the server to the application.
 *
 * node wsgi.js [port]
 */
import type { AddressInfo } from 'node:net'
import { compose, makeServer, run, type Coroutine, type Environ, type Middleware, type StartResponse } from 'gvent'

function* hello(_environ: Environ, startResponse: StartResponse): Coroutine<void> {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  yield 'Hello world!\n'
}

/** Adds to each response how long its application took to begin it. */
const timing: Middleware = (app) => (environ, startResponse) => {
  const began = performance.now()
  return app(environ, (status, headers, error) => {
    const duration = (performance.now() - began).toFixed(1)
    return startResponse(status, [...headers, ['Server-Timing', `app;dur=${duration}`]], error)
  })
}

await run(function* main() {
  const server = makeServer('', Number(process.argv[2] ?? 8000), compose(hello, timing))
  yield* server.start()
  console.log(`Serving HTTP on port ${(server.address() as AddressInfo).port}...`)
  yield* server.serveForever()
})
