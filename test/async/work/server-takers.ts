import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AsyncResult,
  DatagramServer,
  DatagramSocket,
  HTTPRequestHandler,
  HTTPServer,
  StreamServer,
  WSGIServer,
  connect,
  fetch,
  signalHandler,
  spawn,
  type Socket,
  type StartResponse,
} from 'gvent'
import type { Begun, Taker, Work } from './taker.js'

interface Server {
  start(): PromiseLike<unknown>
  stop(options: { timeout: number }): PromiseLike<unknown>
  address(): unknown
}

/** A server of HTTP, and a client that asks it. */
function web(name: string, make: (work: Work) => Server, answer: (...args: never[]) => unknown): Taker {
  return {
    name,
    answer,
    errors: 'reported',
    async begin(work): Promise<Begun> {
      const server = make(work)
      await server.start()
      const { port } = server.address() as AddressInfo
      const result = spawn(function* () {
        const response = yield* fetch(`http://127.0.0.1:${port}/`)
        const text = yield* response.text()
        return response.status === 200 ? Number(text) : response.status
      })
      return {
        result,
        async end() {
          result.observe()
          await server.stop({ timeout: 0 })
        },
      }
    },
  }
}

const local = { port: 0, host: '127.0.0.1' }
const answerNode = (_request: IncomingMessage, response: ServerResponse): unknown => response.end('7')
const answerWSGI = (_environ: unknown, startResponse: StartResponse): string[] => {
  startResponse('200 OK', [])
  return ['7']
}

function handlerClass(work: Work): typeof HTTPRequestHandler {
  return class extends HTTPRequestHandler {
    doGET(): unknown {
      return work(this)
    }
  }
}

/** What of `gvent/io` takes work. */
export const serverTakers: readonly Taker[] = [
  web(
    'HTTPServer',
    (work) => new HTTPServer({ ...local, api: 'web' }, work),
    () => new Response('7'),
  ),
  web(
    'HTTPServer with a stream',
    (work) => new HTTPServer({ ...local, api: 'web' }, work),
    () => new Response(new Blob(['7']).stream()),
  ),
  web("HTTPServer with Node's arguments", (work) => new HTTPServer({ ...local, api: 'node' }, work), answerNode),
  web(
    'HTTPRequestHandler',
    (work) => new HTTPServer(local, handlerClass(work)),
    (handler: HTTPRequestHandler) => {
      handler.sendResponse(200)
      handler.endHeaders()
      return handler.wfile.write('7')
    },
  ),
  web('WSGIServer', (work) => new WSGIServer(local, work as never), answerWSGI),
  {
    name: 'StreamServer',
    errors: 'reported',
    answer: (socket: Socket) => socket.sendAll('7'),
    async begin(work): Promise<Begun> {
      const server = new StreamServer(local, work)
      await server.start()
      const result = spawn(function* () {
        using socket = yield* connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
        const data = yield* socket.recv()
        return Number(String(data))
      })
      return { result, end: () => server.stop({ timeout: 0 }) }
    },
  },
  {
    name: 'DatagramServer',
    errors: 'reported',
    answer: (_data: Buffer, from: { port: number }, server: DatagramServer) => server.sendTo('7', from),
    async begin(work): Promise<Begun> {
      const failed = new AsyncResult<number>()
      const server = new DatagramServer(local, (...args: unknown[]) => {
        const promise = work(...args)
        promise.catch(() => {
          if (!failed.ready) failed.set(0)
        })
        return promise
      })
      await server.start()
      const client = new DatagramSocket()
      await client.bind(local)
      await client.sendTo('question', { port: (server.address() as AddressInfo).port, address: '127.0.0.1' })
      const answer = spawn(function* () {
        const [data] = yield* client.recvFrom()
        return Number(String(data))
      })
      const result = Promise.race([failed, answer])
      return {
        result,
        async end() {
          await server.stop({ timeout: 0 })
          await answer.kill()
          client.close()
          if (!failed.ready) failed.set(0)
        },
      }
    },
  },
  {
    name: 'signalHandler',
    errors: 'reported',
    begin(work): Begun {
      const ended = new AsyncResult<unknown>()
      const handler = signalHandler('SIGUSR2', () => {
        const promise = work()
        const end = (value: unknown): void => {
          if (!ended.ready) ended.set(value)
        }
        promise.then(end, () => {
          end(0)
        })
        return promise
      })
      handler.ref = true
      process.kill(process.pid, 'SIGUSR2')
      return {
        result: ended.get(),
        end() {
          handler.cancel()
          if (!ended.ready) ended.set(0)
          return Promise.resolve()
        },
      }
    },
    isKilled: false,
  },
]
