/**
 * Holds connections: `client.js <addresses, with commas> <connections>` connects to the addresses by turns, prints how many are
 * open on the way, and then `open`. For a number on its input it sends as many messages, one at a time, on all connections by
 * turns, and prints the 99th percentile of the time until each is back, in nanoseconds. It ends with its input.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** How many connect to a server at a time: for those of all clients the kernel has room. */
const TOGETHER = 60
const message = Buffer.alloc(64, 'x')

const [addresses = '', count = '0'] = process.argv.slice(2)
const targets = addresses.split(',').map((address) => address.split(':'))
const sockets: Socket[] = []
let missing = 0
let echoed: () => void = () => undefined

async function open(index: number): Promise<Socket> {
  const [host, port] = targets[index % targets.length]!
  const socket = connect({ host, port: Number(port), noDelay: true })
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
  return socket
}

async function echo(socket: Socket): Promise<bigint> {
  const begun = process.hrtime.bigint()
  missing = message.length
  const answered = new Promise<void>((resolve) => (echoed = resolve))
  socket.write(message)
  await answered
  return process.hrtime.bigint() - begun
}

// A connection that the kernel has made need not be accepted yet. The last one to a server is served after all before it.
const step = TOGETHER * targets.length
for (let opened = 0; opened < Number(count); opened += step) {
  const next = Math.min(step, Number(count) - opened)
  const latest = await Promise.all(Array.from({ length: next }, (_, index) => open(opened + index)))
  for (const socket of latest.slice(-targets.length)) await echo(socket)
  console.log(String(opened + next))
}
console.log('open')
for await (const line of createInterface(process.stdin)) {
  const times: bigint[] = []
  for (let sent = 0; sent < Number(line); sent++) times.push(await echo(sockets[sent % sockets.length]!))
  times.sort((one, other) => Number(one - other))
  console.log(String(times[Math.floor(times.length * 0.99)]))
}
process.exit(0)
