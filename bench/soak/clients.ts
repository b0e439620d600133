import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { cert } from '../../test/io/tls-fixture.js'
import type { Places } from './server.js'

/** Where a client goes, and its dice. */
export interface World {
  places: Places
  path: string
  /** A number from 0 on, below `limit`. */
  dice: (limit: number) => number
}

/** What a client of good will says when it did not get what it should have. */
export class Disappointment extends Error {}

/** A client of good will found nobody who took its connection. */
export class TurnedAway extends Error {}

type Client = (world: World) => Promise<void>

/** How long a client waits for the server to give it up, in milliseconds. */
const PATIENCE = 20_000
/** Longer than the server waits for its clients. */
const LONG = 4000

/*
 * Written with Node's own means: what is soaked is the other side. Those of good will raise an error if they are not
 * served well; the others only see to it that the server is rid of them in the end.
 */
export const clients: Record<string, Client> = {
  async polite(world) {
    await converse(open(world, 'tcp'), world)
  },

  async 'polite, TLS'(world) {
    await converse(open(world, 'tls'), world)
  },

  async 'polite, Unix'(world) {
    await converse(open(world, 'unix'), world)
  },

  // Asks, says that it will say no more, and gets its answer all the same.
  async 'half-closes'(world) {
    const socket = open(world, 'tcp')
    socket.end('echo one\necho two\npass three\n')
    const answer = await answered(readAll(socket))
    if (answer.length === 0) throw new TurnedAway()
    expect(answer.toString(), 'one\ntwo\nthree\n')
  },

  async resets(world) {
    const socket = open(world, world.dice(2) === 0 ? 'tcp' : 'tls')
    socket.on('error', ignore)
    socket.write('give 1000000\n')
    await nap(world.dice(20))
    reset(socket)
  },

  async 'resets while it sends'(world) {
    const socket = open(world, 'tcp')
    socket.on('error', ignore)
    socket.write('take 4000000\n')
    socket.write(Buffer.alloc(world.dice(4_000_000)))
    await nap(world.dice(10))
    reset(socket)
  },

  async 'comes and goes'(world) {
    const socket = open(world, 'tcp')
    socket.on('error', ignore)
    if (world.dice(2) === 0) await opened(socket)
    socket.destroy()
  },

  // The server gives up those who say nothing.
  async 'is silent'(world) {
    await untilGivenUp(open(world, 'tcp'))
  },

  async 'is silent, TLS'(world) {
    await untilGivenUp(connectPlain(world.places.tls, '127.0.0.1'))
  },

  async stalls(world) {
    const socket = open(world, world.dice(2) === 0 ? 'tcp' : 'tls')
    socket.write('give 32000000\n')
    // What has come is not read, so the end of the stream is not seen either; the reset is, at the next write.
    socket.pause()
    socket.on('error', ignore)
    await nap(LONG)
    socket.destroy()
  },

  async floods(world) {
    const socket = open(world, 'tcp')
    const send = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65536, 'y')));
    }
    socket.on('drain', send)
    send()
    await untilGivenUp(socket)
  },

  async 'talks nonsense'(world) {
    const socket = connectPlain(world.places[world.dice(2) === 0 ? 'tcp' : 'tls'], '127.0.0.1')
    socket.write(randomBytes(1 + world.dice(2000)))
    await untilGivenUp(socket)
  },

  async 'leaves in the middle of a handshake'(world) {
    const socket = open(world, 'tls')
    socket.on('error', ignore)
    await nap(world.dice(5))
    socket.destroy()
  },

  async 'leaves its handler napping'(world) {
    const socket = open(world, 'tcp')
    socket.on('error', ignore)
    socket.write('nap 50\n')
    await nap(world.dice(40))
    socket.destroy()
  },

  async 'sends datagrams'(world) {
    const socket = createSocket('udp4')
    for (let index = 0; index < 5; index++) socket.send(`${index}`, world.places.udp, '127.0.0.1', ignore)
    await nap(20)
    socket.close()
  },
}

/** What TLS is spoken on. */
const below = new WeakMap<Socket, Socket>()

function open({ places, path }: World, way: 'tcp' | 'tls' | 'unix'): Socket {
  if (way === 'unix') return connectPlain(path)
  if (way === 'tcp') return connectPlain(places.tcp, '127.0.0.1')
  const raw = connectPlain(places.tls, '127.0.0.1')
  const socket = connectSecure({ socket: raw, host: '127.0.0.1', ca: cert })
  below.set(socket, raw)
  return socket
}

async function converse(socket: Socket, { dice }: World): Promise<void> {
  const lines = readLines(socket)
  const ask = async (question: string | Buffer): Promise<string> => {
    if (!socket.write(question)) await once(socket, 'drain')
    return lines()
  }
  expect(await answered(ask('echo 0\n')), '0')
  for (let index = 1; index < 5; index++) expect(await ask(`echo ${index}\n`), String(index))
  const bytes = randomBytes(1 + dice(300_000))
  const digest = createHash('sha1').update(bytes).digest('hex')
  expect(await ask(Buffer.concat([Buffer.from(`take ${bytes.length}\n`), bytes])), digest)
  expect(await ask('pass through\n'), 'through')
  expect(await ask('nap 1\n'), 'slept')
  socket.end()
  await readAll(socket)
}

/** The first answer. Without one the server has not taken the connection. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new TurnedAway(undefined, { cause: error })
  }
}

/** What gives the next line. */
function readLines(socket: Socket): () => Promise<string> {
  let text = ''
  let wake = ignore
  let failure: Error | undefined
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    wake(undefined)
  })
  const fail = (error?: unknown): void => {
    failure ??= error instanceof Error ? error : new Disappointment('the connection was closed')
    wake(undefined)
  }
  socket.on('error', fail).on('close', fail)
  return async () => {
    for (;;) {
      const end = text.indexOf('\n')
      if (end !== -1) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        return line
      }
      if (failure !== undefined) throw failure
      await new Promise((resolve) => (wake = resolve))
    }
  }
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks)
}

async function untilGivenUp(socket: Socket): Promise<void> {
  socket.on('error', ignore)
  socket.resume()
  const patience = new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Disappointment(`the server has not given it up within ${PATIENCE / 1000} seconds`))
    }, PATIENCE)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
  try {
    await patience
  } finally {
    socket.destroy()
  }
}

async function opened(socket: Socket): Promise<void> {
  await new Promise((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', resolve)
  })
}

function reset(socket: Socket): void {
  const raw = below.get(socket) ?? socket
  raw.resetAndDestroy()
}

function expect(got: string, wanted: string): void {
  if (got !== wanted) throw new Disappointment(`expected ${wanted.slice(0, 60)}, got ${got.slice(0, 60)}`)
}

function nap(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function ignore(_anything: unknown): void {
  // It is not what this client is about.
}
