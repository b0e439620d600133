import { createServer } from 'node:net'
import { ignore, listenOn, serveGreen } from '../serving/echo-servers.js'
import type { ServerWork } from '../work.js'

/** One operation: a connection is accepted and closed. The load has 50 of them under way at a time. */
export const accept: ServerWork = {
  name: 'accept',
  title: '20,000 connections are accepted and closed',
  unit: 'ns',
  load: 'accept',
  measure: 'load',
  connections: 50,
  operations: 20_000,
  warmups: 1,
  rounds: 3,
  peers: [
    {
      name: 'gvent',
      note: 'StreamServer, a handler that returns',
      serve: () => serveGreen(function* () {}),
    },
    {
      name: 'net, end',
      note: 'socket.end(): what most programs write',
      goal: 1 / 0.95,
      serve: () => {
        return listenOn(
          createServer((socket) => {
            socket.on('error', ignore)
            socket.end()
          }),
        )
      },
    },
    {
      name: 'net, destroy',
      note: 'socket.destroy(): the least that can be done',
      goal: 1 / 0.95,
      serve: () => {
        return listenOn(
          createServer((socket) => {
            socket.on('error', ignore)
            socket.destroy()
          }),
        )
      },
    },
    { name: 'gevent', note: 'a handler that returns', language: 'python', work: 'accept' },
    { name: 'Go', note: 'Close', language: 'go', work: 'accept' },
  ],
}
