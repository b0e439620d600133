/**
 * A server that is measured: `server.js green` or `server.js net` prints its port, and for each line of its input what is
 * alive of its memory. It ends with its input.
 */
import { createInterface } from 'node:readline'
import { liveBytes } from '../gauges.js'
import { serveCallbackEcho, serveGreenEcho } from '../serving/echo-servers.js'

console.log(await (process.argv[2] === 'green' ? serveGreenEcho() : serveCallbackEcho()))
for await (const _line of createInterface(process.stdin)) console.log(await liveBytes())
process.exit(0)
