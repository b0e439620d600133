import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

/** A server on loopback which tells what it sees of its clients. */
export interface Peer {
  /** Its address, with a slash at the end. */
  readonly url: string
  /** The paths that were asked for, in order. */
  readonly paths: string[]
  /** Resolves when a request for `path` has come; the response is for the test to write. */
  request(path: string): Promise<ServerResponse>
  /** Resolves when the client has gone before the response to `path` was complete. */
  gone(path: string): Promise<void>
}

/** Starts a peer, which ends with the test file. */
export async function startPeer(
  respond: (request: IncomingMessage, response: ServerResponse) => void = defaultResponse,
): Promise<Peer> {
  const events = new EventEmitter()
  events.setMaxListeners(0)
  const paths: string[] = []
  const gone = new Set<string>()
  const server = createServer((request, response) => {
    const path = request.url!
    paths.push(path)
    response.on('close', () => {
      if (response.writableFinished) return
      gone.add(path)
      events.emit(`gone ${path}`)
    })
    events.emit(`request ${path}`, response)
    respond(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    paths,
    request: async (path) => ((await once(events, `request ${path}`)) as [ServerResponse])[0],
    gone: async (path) => {
      if (!gone.has(path)) await once(events, `gone ${path}`)
    },
  }
}

/** `/silent…` is never answered, `/half…` only by a half; all else by a list of one item with the path as its title. */
function defaultResponse(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url!
  if (path.startsWith('/silent')) return
  response.setHeader('Content-Type', 'application/json')
  const body = JSON.stringify([{ title: path }])
  if (path.startsWith('/half')) response.write(body.slice(0, 5))
  else response.end(body)
}
