import { once } from 'node:events'
import { createServer } from 'node:net'
import { ignore, listenOn, serveGreen } from '../serving/echo-servers.js'
import type { ServerWork } from '../work.js'

const MEBIBYTE = 2 ** 20

/** One operation: a mebibyte comes in, as fast as the server reads it. */
export const upload: ServerWork = {
  name: 'upload',
  title: '1 MiB comes in, one connection',
  unit: 'ns',
  load: 'upload',
  measure: 'load',
  connections: 1,
  operations: 2000,
  warmups: 1,
  rounds: 5,
  peers: [
    {
      name: 'gvent',
      note: 'recv',
      serve: () =>
        serveGreen(function* (socket) {
          for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) ignore(chunk)
        }),
    },
    {
      name: 'net, callbacks',
      note: "on('data')",
      goal: 1 / 0.97,
      serve: () => {
        return listenOn(
          createServer((socket) => {
            socket.on('error', ignore)
            socket.on('data', ignore)
          }),
        )
      },
    },
    {
      name: 'net, for await',
      note: 'for await (const chunk of socket)',
      serve: () => {
        return listenOn(
          createServer((socket) => {
            const receive = async (): Promise<void> => {
              for await (const chunk of socket) ignore(chunk)
            }
            receive().catch(ignore)
          }),
        )
      },
    },
    { name: 'gevent', language: 'python', work: 'upload' },
    { name: 'Go', language: 'go', work: 'upload' },
  ],
}

/** One operation: a mebibyte goes out, as fast as it is read. */
export const download: ServerWork = {
  name: 'download',
  title: '1 MiB goes out, one connection',
  unit: 'ns',
  load: 'download',
  measure: 'load',
  connections: 1,
  operations: 2000,
  warmups: 1,
  rounds: 5,
  peers: [
    {
      name: 'gvent',
      note: 'sendAll',
      serve: () => {
        const data = Buffer.alloc(MEBIBYTE, 'x')
        return serveGreen(function* (socket) {
          for (;;) yield* socket.sendAll(data)
        })
      },
    },
    {
      name: 'net, callbacks',
      note: "write, on('drain')",
      goal: 1 / 0.97,
      serve: () => {
        const data = Buffer.alloc(MEBIBYTE, 'x')
        return listenOn(
          createServer((socket) => {
            const send = (): void => {
              while (socket.write(data));
            }
            socket.on('error', ignore)
            socket.on('drain', send)
            send()
          }),
        )
      },
    },
    {
      name: 'net, promises',
      note: "write, once('drain')",
      serve: () => {
        const data = Buffer.alloc(MEBIBYTE, 'x')
        return listenOn(
          createServer((socket) => {
            const send = async (): Promise<void> => {
              for (;;) if (!socket.write(data)) await once(socket, 'drain')
            }
            send().catch(ignore)
          }),
        )
      },
    },
    { name: 'gevent', language: 'python', work: 'download' },
    { name: 'Go', language: 'go', work: 'download' },
  ],
}
