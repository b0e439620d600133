#!/usr/bin/env node
/**
 * A chat room. Join it with `nc 127.0.0.1 6001`, from several terminals.
 *
 * node chat-server.js [port]
 */
import type { AddressInfo } from 'node:net'
import {
  ClosedError,
  Full,
  LimitError,
  Queue,
  StreamServer,
  Timeout,
  run,
  spawn,
  type Coroutine,
  type Socket,
} from 'gvent'

/** How many messages somebody may be behind with reading before the others go on without them. */
const PATIENCE = 100

interface Guest {
  readonly socket: Socket
  /** The lines that are still to be sent. */
  readonly mailbox: Queue<string>
}

const room = new Map<string, Guest>()

function say(text: string, except?: Guest): void {
  for (const [name, guest] of room) {
    if (guest === except) continue
    try {
      guest.mailbox.putNowait(`${text}\n`)
    } catch (error) {
      if (!(error instanceof Full)) throw error
      // A room waits for nothing.
      room.delete(name)
      guest.socket.reset()
    }
  }
}

/** Sends what is said, while another greenlet listens to what the guest says. */
function* deliver({ socket, mailbox }: Guest): Coroutine<void> {
  for (;;) yield* socket.sendAll(yield* mailbox.get())
}

function* askName(socket: Socket): Coroutine<string | null> {
  yield* socket.sendAll('What is your name? ')
  for (;;) {
    const line = yield* socket.readLine({ limit: 200, timeout: 60_000 })
    if (line === null) return null
    const name = line.trim()
    if (/^\w{1,20}$/.test(name) && !room.has(name)) return name
    yield* socket.sendAll('A name is one word that is not taken. What is your name? ')
  }
}

function* stay(socket: Socket, name: string): Coroutine<void> {
  const others = room.size === 0 ? 'nobody else' : [...room.keys()].join(', ')
  const guest: Guest = { socket, mailbox: new Queue<string>(PATIENCE) }
  room.set(name, guest)
  guest.mailbox.putNowait(`Welcome, ${name}! Here is ${others}.\n`)
  say(`* ${name} has come in`, guest)
  const delivery = spawn(deliver, guest)
  // When that fails, it is over with listening, too.
  delivery.linkError(() => socket.close())
  try {
    for (let line = yield* socket.readLine(); line !== null; line = yield* socket.readLine()) {
      if (line.trim() !== '') say(`${name}: ${line.trim()}`, guest)
    }
  } finally {
    if (room.get(name) === guest) room.delete(name)
    say(`* ${name} has left`)
    yield* delivery.kill()
  }
}

function* visit(socket: Socket): Coroutine<void> {
  try {
    const name = yield* askName(socket)
    if (name !== null) yield* stay(socket, name)
  } catch (error) {
    // Too long a line, too long a silence, too slow a reader: such guests are shown out.
    if (![LimitError, Timeout, ClosedError].some((each) => error instanceof each)) throw error
  }
}

await run(function* main() {
  const server = new StreamServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 6001), spawn: 10_000 }, visit)
  yield* server.start()
  console.log(`The room is open at 127.0.0.1:${(server.address() as AddressInfo).port}`)
  yield* server.serveForever()
})
