#!/usr/bin/env node
/**
 * Forwards a port of this machine to a place elsewhere.
 *
 * node port-forwarder.js 8080 example.org:80
 */
import type { AddressInfo } from 'node:net'
import { ConnectionError, LookupError, StreamServer, Timeout, connect, run, type Coroutine, type Socket } from 'gvent'
import { relay } from './relay.js'

const [port = '', target = ''] = process.argv.slice(2)
const [, host, targetPort] = /^(.+):(\d+)$/.exec(target) ?? []
if (host === undefined || !/^\d+$/.test(port)) {
  console.error('usage: node port-forwarder.js port host:port')
  process.exit(2)
}

function* forward(client: Socket): Coroutine<void> {
  const from = `${client.remoteAddress}:${client.remotePort}`
  try {
    using server = yield* connect({ host: host!, port: Number(targetPort), timeout: 10_000 })
    console.log(`${from} is connected to ${target}`)
    yield* relay(client, server)
    console.log(`${from} is done`)
  } catch (error) {
    if (!isOfTheNetwork(error)) throw error
    console.log(`${from}: ${error.message}`)
    // So the client learns that its connection broke, and does not take it for a regular end.
    client.reset()
  }
}

function isOfTheNetwork(error: unknown): error is Error {
  return error instanceof ConnectionError || error instanceof LookupError || error instanceof Timeout
}

await run(function* main() {
  const server = new StreamServer({ host: '127.0.0.1', port: Number(port) }, forward)
  yield* server.start()
  console.log(`Forwarding 127.0.0.1:${(server.address() as AddressInfo).port} to ${target}`)
  yield* server.serveForever()
})
