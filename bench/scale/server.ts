/**
 * A server that is measured: `server.js green 4` or `server.js net 4` listens on so many addresses of loopback, prints them with
 * their ports, separated by commas, and for each line of its input what is alive of its memory. It ends with its input.
 */
import { createInterface } from 'node:readline'
import { liveBytes } from '../gauges.js'
import { serveCallbackEcho, serveGreenEcho } from '../serving/echo-servers.js'

const [kind, count] = process.argv.slice(2)
const hosts = Array.from({ length: Number(count) }, (_, index) => `127.0.0.${index + 1}`)
const listen = kind === 'green' ? serveGreenEcho : serveCallbackEcho
console.log((await Promise.all(hosts.map(async (host) => `${host}:${await listen(host)}`))).join(','))
for await (const _line of createInterface(process.stdin)) console.log(await liveBytes())
process.exit(0)
