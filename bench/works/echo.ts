import { serveAsyncEcho, serveCallbackEcho, serveGreenEcho } from '../serving/echo-servers.js'
import type { ServerWork } from '../work.js'

/** One operation: a message comes in and goes back. Every connection has one under way, so the server is never idle. */
export const echo: ServerWork = {
  name: 'echo',
  title: '64 bytes there and back, on 50 connections at a time',
  unit: 'ns',
  load: 'echo',
  measure: 'load',
  connections: 50,
  operations: 100_000,
  warmups: 2,
  rounds: 5,
  peers: [
    { name: 'gvent', note: 'StreamServer; recv, sendAll', serve: serveGreenEcho },
    { name: 'net, callbacks', note: "on('data')", goal: 1 / 0.97, serve: serveCallbackEcho },
    { name: 'net, for await', note: 'for await (const chunk of socket)', goal: 1 / 1.05, serve: serveAsyncEcho },
    { name: 'gevent', note: 'StreamServer; recv, sendall', goal: 1 / 1.5, language: 'python', work: 'echo' },
    { name: 'Go', note: 'a goroutine a connection', language: 'go', work: 'echo' },
  ],
}
