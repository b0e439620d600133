/**
 * The servers that are soaked, in a process of their own: over TCP, TLS, a Unix socket and UDP. They speak lines:
 *
 *   echo <text>     the text comes back
 *   give <size>     so many bytes come
 *   take <size>     after so many bytes their digest comes back
 *   pass <text>     as echo, by way of another connection to this server
 *   nap <ms>        a handler with children of its own, of whom one fails
 *
 * It answers the messages of the one who started it with a message each.
 */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import {
  ConnectionError,
  DatagramServer,
  IncompleteReadError,
  LimitError,
  StreamServer,
  TLSError,
  Timeout,
  connect,
  getHub,
  scope,
  sleep,
  type Coroutine,
  type Socket,
} from 'gvent'
import { cert, key } from '../../test/io/tls-fixture.js'
import { liveBytes } from '../gauges.js'

/** For how many milliseconds a handler waits for its client. */
const PATIENCE = 2500
/** For how many milliseconds handlers may finish when the servers are started anew. */
const GRACE = 10_000

/** What is given. All of it is there from the start, so that memory shows what the library keeps. */
const PLENTY = Buffer.alloc(2 ** 25, 'x')

/** What is asked of this process. */
export type Request = { kind: 'start'; path: string } | { kind: 'sample' } | { kind: 'restart' } | { kind: 'stop' }

/** Where the servers listen. */
export interface Places {
  tcp: number
  tls: number
  udp: number
}

/** How this process stands. */
export interface Sample {
  /** Bytes that are alive, in the heap and outside. */
  live: number
  resident: number
  descriptors: number
  greenlets: number
  connections: number
  /** How connections ended that were not the client's own choice. */
  endings: Record<string, number>
  /** Errors that nobody expected. */
  reports: string[]
}

const endings: Record<string, number> = {}
const reports: string[] = []
const expected = [Timeout, LimitError, IncompleteReadError, TLSError, ConnectionError]
let servers: (StreamServer | DatagramServer)[] = []

getHub().onError = (error, greenlet) => void reports.push(`${greenlet.name}: ${String(error)}`)

function* serve(socket: Socket): Coroutine<void> {
  socket.timeout = PATIENCE
  try {
    for (let line = yield* readCommand(socket); line !== null; line = yield* readCommand(socket)) {
      yield* obey(socket, line)
    }
  } catch (error) {
    // What clients do to it is not reported but counted.
    const kind = expected.find((constructor) => error instanceof constructor)
    if (kind === undefined) throw error
    endings[kind.name] = (endings[kind.name] ?? 0) + 1
    if (kind === LimitError) socket.reset()
  }
}

function* readCommand(socket: Socket): Coroutine<string | null> {
  return yield* socket.readLine({ limit: 4096 })
}

function* obey(socket: Socket, line: string): Coroutine<void> {
  const [command, argument = ''] = line.split(' ')
  if (command === 'echo') yield* socket.sendAll(`${argument}\n`)
  else if (command === 'give') yield* socket.sendAll(PLENTY.subarray(0, Number(argument)))
  else if (command === 'take') {
    const bytes = yield* socket.recvExactly(Number(argument))
    yield* socket.sendAll(`${createHash('sha1').update(bytes).digest('hex')}\n`)
  } else if (command === 'pass') yield* pass(socket, argument)
  else if (command === 'nap') yield* nap(socket, Number(argument))
  else yield* socket.sendAll('what?\n')
}

function* pass(socket: Socket, text: string): Coroutine<void> {
  yield* socket.sendAll(`${(yield* askAnother(text)) ?? text}\n`)
}

/** What another connection says; nothing when the servers do not listen at the moment. */
function* askAnother(text: string): Coroutine<string | null> {
  try {
    using other = yield* connect({ host: '127.0.0.1', port: places.tcp, timeout: PATIENCE })
    other.timeout = PATIENCE
    yield* other.sendAll(`echo ${text}\n`)
    return yield* other.readLine()
  } catch (error) {
    if (error instanceof ConnectionError) return null
    throw error
  }
}

function* nap(socket: Socket, milliseconds: number): Coroutine<void> {
  try {
    yield* scope(function* (s) {
      for (let child = 1; child <= 3; child++) s.spawn(() => sleep(milliseconds * child))
      s.spawn(function* () {
        yield* sleep(milliseconds)
        throw new RangeError('one of them fails')
      })
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  yield* socket.sendAll('slept\n')
}

let places: Places & { path: string } = { tcp: 0, tls: 0, udp: 0, path: '' }

async function start(): Promise<Places> {
  const host = '127.0.0.1'
  servers = [
    new StreamServer({ host, port: places.tcp, spawn: 200 }, serve),
    new StreamServer({ host, port: places.tls, tls: { key, cert, handshakeTimeout: PATIENCE } }, serve),
    new StreamServer({ path: places.path }, serve),
    new DatagramServer({ host, port: places.udp }, (data, from, server) => server.sendTo(data, from)),
  ]
  for (const server of servers) await server.start()
  const [tcp, tls, , udp] = servers.map((server) => (server.address() as AddressInfo).port)
  places = { ...places, tcp: tcp!, tls: tls!, udp: udp! }
  return places
}

async function stop(): Promise<void> {
  await Promise.all(servers.map(async (server) => server.stop({ timeout: GRACE })))
}

async function sample(): Promise<Sample> {
  const live = await liveBytes()
  return {
    live,
    resident: process.memoryUsage.rss(),
    descriptors: readdirSync('/proc/self/fd').length,
    greenlets: getHub().alive,
    connections: servers.reduce((sum, server) => sum + server.stats().accepted, 0),
    endings,
    reports,
  }
}

const answers: Record<Request['kind'], (request: Request) => Promise<unknown>> = {
  start: async (request) => {
    places.path = (request as { path: string }).path
    return start()
  },
  sample,
  restart: async () => {
    await stop()
    return start()
  },
  stop: async () => {
    await stop()
    servers = []
    return undefined
  },
}

process.on('message', (request: Request) => {
  void answers[request.kind](request).then((answer) => process.send!({ answer }))
})
