import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A test, or the module `node:test` for what lasts as long as the file. */
export interface Scope {
  after(cleanUp: () => unknown): void
}

/** A server on loopback that ends with the test. */
export class Peer extends EventEmitter<{ request: []; closed: [] }> {
  /** Connections that are open at the moment. */
  readonly connections = new Set<Socket>()
  /** Requests that came so far. */
  requests = 0
  /** Answers the requests. */
  handler: (request: IncomingMessage, response: ServerResponse) => void = answer

  constructor(
    test: Scope,
    private readonly server: Server,
  ) {
    super()
    server.on('connection', (socket) => {
      this.connections.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.connections.delete(socket)
        if (this.connections.size === 0) this.emit('closed')
      })
    })
    test.after(() => {
      server.close()
      for (const socket of this.connections) socket.destroy()
    })
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Notes a request. */
  count(): void {
    this.requests++
    this.emit('request')
  }

  /** Resolves when so many requests came. */
  async received(requests: number): Promise<void> {
    while (this.requests < requests) await once(this, 'request')
  }

  /** Resolves when no connection is open. */
  async allClosed(): Promise<void> {
    if (this.connections.size > 0) await once(this, 'closed')
  }
}

/** A server that answers as `handler` says; by default each page is a list whose first item has its path as a title. */
export async function serve(
  test: Scope,
  handler: (request: IncomingMessage, response: ServerResponse) => void = answer,
): Promise<Peer> {
  const server = createHttpServer((request, response) => {
    peer.count()
    peer.handler(request, response)
  })
  const peer = new Peer(test, server)
  peer.handler = handler
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return peer
}

/** Answers a request with a page. */
export function answer(request: IncomingMessage, response: ServerResponse): void {
  response.end(JSON.stringify([{ title: `Page ${request.url ?? ''}` }]))
}

/** A server that sends `bytes` for each request, whatever it is. */
export async function serveBytes(test: Scope, bytes: string, then: 'close' | 'keep open' = 'close'): Promise<Peer> {
  const server = createServer((socket) => {
    // A request of a GET comes in one piece, and the next one only after the answer.
    socket.on('data', () => {
      peer.count()
      if (then === 'close') socket.end(bytes)
      else socket.write(bytes)
    })
  })
  const peer = new Peer(test, server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return peer
}

/** An address on loopback at which nobody listens: a server had it a moment ago. */
export async function refusingOrigin(): Promise<string> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return `http://127.0.0.1:${port}`
}

/** A folder of its own for the test, removed afterwards. */
export async function temporaryFolder(test: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fetcher-'))
  test.after(() => rm(folder, { recursive: true }))
  return folder
}
