/**
 * Holds connections: `client.js <ports, with commas> <connections> <number of its address>` connects from 127.0.0.<number> to
 * the ports by turns, and says so. For a number on its input it sends as many messages, one at a time, on all connections by
 * turns, and prints the 99th percentile of the time until each is back, in nanoseconds. It ends with its input.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** How many connect at a time: what the server's backlog has room for. */
const TOGETHER = 100
const message = Buffer.alloc(64, 'x')

const [ports = '', count = '0', address = '1'] = process.argv.slice(2)
const targets = ports.split(',').map(Number)
const sockets: Socket[] = []
let missing = 0
let echoed: () => void = () => undefined

async function open(index: number): Promise<void> {
  const socket = connect({
    host: '127.0.0.1',
    port: targets[index % targets.length]!,
    localAddress: `127.0.0.${address}`,
    noDelay: true,
  })
  socket.on('data', (chunk) => {
    missing -= chunk.length
    if (missing === 0) echoed()
  })
  await once(socket, 'connect')
  socket.once('close', () => {
    console.error('the server has closed a connection')
    process.exit(1)
  })
  sockets.push(socket)
}

async function echo(socket: Socket): Promise<bigint> {
  const begun = process.hrtime.bigint()
  missing = message.length
  const answered = new Promise<void>((resolve) => (echoed = resolve))
  socket.write(message)
  await answered
  return process.hrtime.bigint() - begun
}

for (let opened = 0; opened < Number(count); opened += TOGETHER) {
  const next = Math.min(TOGETHER, Number(count) - opened)
  await Promise.all(Array.from({ length: next }, (_, index) => open(opened + index)))
}
console.log('open')
for await (const line of createInterface(process.stdin)) {
  const times: bigint[] = []
  for (let sent = 0; sent < Number(line); sent++) times.push(await echo(sockets[sent % sockets.length]!))
  times.sort((one, other) => Number(one - other))
  console.log(String(times[Math.floor(times.length * 0.99)]))
}
process.exit(0)
