#!/usr/bin/env node
/**
 * A SOCKS5 proxy (RFC 1928): clients say where they want to go, and are connected. Without authentication, so it
 * listens on this machine only. Try it with `curl --proxy socks5h://127.0.0.1:1080 http://example.org/`.
 *
 * node socks-proxy.js [port]
 */
import type { AddressInfo } from 'node:net'
import {
  ConnectionError,
  ConnectionRefusedError,
  IncompleteReadError,
  LookupError,
  StreamServer,
  Timeout,
  connect,
  run,
  withTimeout,
  type Coroutine,
  type Socket,
} from 'gvent'
import { relay } from './relay.js'

const VERSION = 5
const NO_AUTHENTICATION = 0
const NONE_ACCEPTABLE = 0xff
const CONNECT = 1
const Reply = {
  granted: 0,
  failure: 1,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  expired: 6,
  unknownCommand: 7,
  unknownAddressType: 8,
}

/** An ending that the protocol has a number for. */
class Refusal extends Error {
  constructor(readonly reply: number) {
    super(`refused with ${reply}`)
  }
}

function* greet(client: Socket): Coroutine<boolean> {
  const [version, count] = yield* client.recvExactly(2)
  if (version !== VERSION) return false
  const methods = yield* client.recvExactly(count!)
  const method = methods.includes(NO_AUTHENTICATION) ? NO_AUTHENTICATION : NONE_ACCEPTABLE
  yield* client.sendAll(Buffer.from([VERSION, method]))
  return method === NO_AUTHENTICATION
}

function* readRequest(client: Socket): Coroutine<{ host: string; port: number }> {
  const [, command, , type] = yield* client.recvExactly(4)
  const host = yield* readHost(client, type!)
  const port = (yield* client.recvExactly(2)).readUInt16BE()
  if (command !== CONNECT) throw new Refusal(Reply.unknownCommand)
  return { host, port }
}

function* readHost(client: Socket, type: number): Coroutine<string> {
  if (type === 1) return (yield* client.recvExactly(4)).join('.')
  if (type === 3) {
    const [length] = yield* client.recvExactly(1)
    return (yield* client.recvExactly(length!)).toString('latin1')
  }
  if (type !== 4) throw new Refusal(Reply.unknownAddressType)
  const bytes = yield* client.recvExactly(16)
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':')
}

function replyFor(error: unknown): number | undefined {
  if (error instanceof Refusal) return error.reply
  if (error instanceof ConnectionRefusedError) return Reply.refused
  if (error instanceof LookupError) return Reply.hostUnreachable
  if (error instanceof Timeout) return Reply.expired
  if (!(error instanceof ConnectionError)) return undefined
  return error.code === 'ENETUNREACH' ? Reply.networkUnreachable : Reply.hostUnreachable
}

function answer(reply: number, { localAddress = '0.0.0.0', localPort = 0 }: Partial<Socket> = {}): Buffer {
  const address = /^[\d.]+$/.test(localAddress) ? localAddress.split('.').map(Number) : [0, 0, 0, 0]
  return Buffer.from([VERSION, reply, 0, 1, ...address, localPort >> 8, localPort & 255])
}

function* open(client: Socket): Coroutine<Socket | null> {
  try {
    const where = yield* readRequest(client)
    return yield* connect({ ...where, timeout: 10_000 })
  } catch (error) {
    const reply = replyFor(error)
    if (reply === undefined) throw error
    yield* client.sendAll(answer(reply))
    return null
  }
}

function* serve(client: Socket): Coroutine<void> {
  try {
    using server = yield* withTimeout(30_000, function* () {
      return (yield* greet(client)) ? yield* open(client) : null
    })
    if (server === null) return
    console.log(`${client.remoteAddress}:${client.remotePort} to ${server.remoteAddress}:${server.remotePort}`)
    yield* client.sendAll(answer(Reply.granted, server))
    yield* relay(client, server)
  } catch (error) {
    // A client that disconnected or fell silent has no use for an answer.
    const excused = [ConnectionError, IncompleteReadError, Timeout].some((each) => error instanceof each)
    if (!excused) throw error
  }
}

await run(function* main() {
  const server = new StreamServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 1080) }, serve)
  yield* server.start()
  console.log(`Proxy for SOCKS5 at 127.0.0.1:${(server.address() as AddressInfo).port}`)
  yield* server.serveForever()
})
