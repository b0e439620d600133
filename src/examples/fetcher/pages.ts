import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** The pages of the tutorial, and how many milliseconds the server takes for each. */
export const pages: readonly { readonly path: string; readonly title: string; readonly milliseconds: number }[] = [
  { path: '/sockets.json', title: 'Sockets: an echo server and its client', milliseconds: 400 },
  { path: '/threads.json', title: 'Threads: one for each client', milliseconds: 700 },
  { path: '/gevent.json', title: 'gevent: many pages at once', milliseconds: 200 },
  { path: '/http.json', title: 'HTTP: a server by hand', milliseconds: 600 },
  { path: '/library.json', title: 'HTTP: a server from the library', milliseconds: 300 },
  { path: '/wsgi.json', title: 'WSGI: between server and application', milliseconds: 500 },
  { path: '/frameworks.json', title: 'Frameworks: what stands on WSGI', milliseconds: 100 },
]

/** A server that runs. */
export interface PageServer {
  /** The addresses of the pages, in the order of {@link pages}. */
  readonly urls: string[]
  /** Stops the server and closes its connections. */
  close(): void
}

/** Serves the pages on a free port of this machine, which nobody outside of it can reach. */
export async function servePages(): Promise<PageServer> {
  const server = createServer((request, response) => {
    const page = pages.find(({ path }) => path === request.url)
    response.setHeader('Content-Type', 'application/json')
    if (page === undefined) response.writeHead(404).end('[]')
    else void delay(page.milliseconds, undefined, { ref: false }).then(() => response.end(body(page.title)))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    urls: pages.map(({ path }) => `http://127.0.0.1:${port}${path}`),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function body(title: string): string {
  return JSON.stringify([{ title }])
}
