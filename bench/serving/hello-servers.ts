import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenOn } from './echo-servers.js'

const text = 'Hello world!\n'
const local = { host: '127.0.0.1', port: 0 }

/** A server that says hello in Node's terms. @returns the port, as all of these do. */
export function serveBare(): Promise<number> {
  return listenOn(
    createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/plain')
      response.end(text)
    }),
  )
}

export async function serveGreenNode(): Promise<number> {
  const { HTTPServer } = await import('gvent')
  const server = new HTTPServer(local, (_request, response) => {
    response.setHeader('Content-Type', 'text/plain')
    response.end(text)
  })
  return portOf(await server.start())
}

/** With the platform's own `Response`. */
export async function servePlatforms(): Promise<number> {
  const { HTTPServer } = await import('gvent')
  const server = new HTTPServer(local, () => new Response(text, { headers: { 'Content-Type': 'text/plain' } }))
  return portOf(await server.start())
}

export async function serveGreenWeb(): Promise<number> {
  const { HTTPServer, Response } = await import('gvent')
  const server = new HTTPServer(local, () => new Response(text, { headers: { 'Content-Type': 'text/plain' } }))
  return portOf(await server.start())
}

export async function serveHono(): Promise<number> {
  const { createAdaptorServer } = await import('@hono/node-server')
  const server = createAdaptorServer({
    fetch: () => new Response(text, { headers: { 'Content-Type': 'text/plain' } }),
  })
  return listenOn(server)
}

export async function serveFastify(): Promise<number> {
  const { fastify } = await import('fastify')
  const server = fastify()
  server.get('/', (_request, reply) => reply.header('Content-Type', 'text/plain').send(text))
  await server.listen(local)
  return (server.server.address() as AddressInfo).port
}

export async function serveGateway(): Promise<number> {
  const { WSGIServer } = await import('gvent')
  const server = new WSGIServer(local, function* (_environ, startResponse) {
    startResponse('200 OK', [
      ['Content-Type', 'text/plain'],
      ['Content-Length', '13'],
    ])
    yield text
  })
  return portOf(await server.start())
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port
}
