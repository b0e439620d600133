import type { EventEmitter } from 'node:events'
import { connect as nodeConnect, type LookupFunction, type Socket as NodeSocket } from 'node:net'
import {
  DatagramSocket,
  all,
  connect,
  listen,
  resolve4,
  spawn,
  until,
  type Coroutine,
  type Operation,
  type Socket,
  type WaitOptions,
} from 'gvent'
import { turns } from './green-test.js'
import { NameServer } from './net/name-server.js'
import { startProgram } from './program.js'
import type { Medium } from './net/stream-pairs.js'
import { cert } from './tls-fixture.js'

/** A wait that does not end by itself, and all that may happen to it. */
export interface Scene {
  wait: (options?: WaitOptions) => Operation<unknown>
  /** Ends it from this side, as another greenlet may. */
  readonly close?: () => void
  /** The other side of the connection. It is asked for when the wait has begun. */
  readonly peer?: () => Doing<Socket>
  /** On what listeners are counted. */
  readonly emitters: readonly EventEmitter[]
  /** Does what was waited for, and raises an error if it fails: after a wait that was given up. */
  readonly again?: () => Doing<unknown>
  readonly leave: () => Doing<unknown>
}

type Doing<T> = Coroutine<T> | Operation<T>

/** More than any kernel keeps for a connection. */
const MUCH = Buffer.alloc(16 * 2 ** 20, 'much ')
const LOCAL = { host: '127.0.0.1' }
const nameless: LookupFunction = () => undefined

type Act = (near: Socket, options?: WaitOptions) => Operation<unknown>

/** The scenes that every medium has, by the name of the wait. */
export const streamScenes: Record<string, (medium: Medium) => Coroutine<Scene>> = {
  '`recv`': (medium) => reading(medium, (near, options) => near.recv(undefined, options)),
  '`recvExactly`': (medium) => reading(medium, (near, options) => near.recvExactly(10, options)),
  '`recvUntil`': (medium) => reading(medium, (near, options) => near.recvUntil(';', options)),
  '`readLine`': (medium) => reading(medium, (near, options) => near.readLine(options)),
  '`sendAll`, the peer does not read': (medium) => streaming(medium, (near, options) => near.sendAll(MUCH, options)),
  '`sendAll`, another one is sending': (medium) => behindSender(medium, (near, options) => near.sendAll('x', options)),
  '`shutdown`, another one is sending': (medium) => behindSender(medium, (near, options) => near.shutdown(options)),
}

/** The others. */
export const scenes: Record<string, () => Coroutine<Scene>> = {
  *'`startTLS`'() {
    using listener = yield* listen(LOCAL)
    const [near, far] = yield* all([connect({ ...LOCAL, port: listener.port! }), listener.accept()])
    return {
      wait: (options) => near.startTLS({ isServer: false, ca: cert, ...options }),
      *peer() {
        yield* turns()
        return far
      },
      emitters: [],
      leave: () => far.close(),
    }
  },

  *'`accept`'() {
    const listener = yield* listen(LOCAL)
    return {
      wait: (options) => listener.accept(options),
      close: () => {
        listener.close()
      },
      emitters: [],
      *again() {
        const [near, far] = yield* all([connect({ ...LOCAL, port: listener.port! }), listener.accept()])
        yield* all([near.close(), far.close()])
      },
      *leave() {
        listener.close()
        yield* turns()
      },
    }
  },

  *'`connect`, looking up'() {
    yield* turns()
    return {
      wait: (options) => connect({ host: 'name.test', port: 9, lookup: nameless, ...options }),
      emitters: [],
      leave: turns,
    }
  },

  *'`connect`, connecting'() {
    const crowd = yield* standStill()
    return {
      wait: (options) => connect({ ...LOCAL, port: crowd.port, ...options }),
      emitters: [],
      leave: crowd.leave,
    }
  },

  *'`connect`, shaking hands'() {
    const listener = yield* listen(LOCAL)
    return {
      wait: (options) => connect({ ...LOCAL, port: listener.port!, tls: { ca: cert }, ...options }),
      *peer() {
        const far = yield* listener.accept()
        // It has heard the client's greeting, and gives no answer.
        yield* far.recv()
        return far
      },
      emitters: [],
      *leave() {
        listener.close()
        yield* turns()
      },
    }
  },

  *'`resolve4`'() {
    const server = yield* until(new NameServer().open())
    return {
      wait: (options) => resolve4('name.test', options),
      emitters: [],
      *leave() {
        server.close()
        yield* turns()
      },
    }
  },

  '`DatagramSocket.bind`, looking up': () =>
    datagrams((socket, options) => socket.bind({ host: 'name.test', ...options })),
  '`DatagramSocket.connect`, looking up': () => datagrams((socket, options) => socket.connect('name.test:9', options)),
  '`DatagramSocket.sendTo`, looking up': () =>
    datagrams((socket, options) => socket.sendTo('x', 'name.test:9', options)),
  '`DatagramSocket.recv`': () => receiving((socket, options) => socket.recv(options)),
  '`DatagramSocket.recvFrom`': () => receiving((socket, options) => socket.recvFrom(options)),
}

function* streaming({ pair }: Medium, act: Act): Coroutine<Scene & { near: Socket; far: Socket }> {
  const [near, far] = yield* pair()
  return {
    near,
    far,
    wait: (options) => act(near, options),
    close: () => void near.close(),
    *peer() {
      yield* turns()
      return far
    },
    emitters: [near.node, far.node],
    leave: () => all([near.close(), far.close()]),
  }
}

function* reading(medium: Medium, act: Act): Coroutine<Scene> {
  const scene = yield* streaming(medium, act)
  return {
    ...scene,
    *again() {
      yield* scene.far.sendAll('0123456789;\n')
      yield* act(scene.near)
    },
  }
}

function* behindSender(medium: Medium, act: Act): Coroutine<Scene> {
  const scene = yield* streaming(medium, act)
  const sender = spawn(() => scene.near.sendAll(MUCH))
  sender.linkError(() => undefined)
  yield* turns()
  return {
    ...scene,
    *leave() {
      yield* scene.leave()
      yield* sender.join()
    },
  }
}

function* datagrams(act: (socket: DatagramSocket, options?: WaitOptions) => Operation<unknown>): Coroutine<Scene> {
  const socket = new DatagramSocket({ lookup: nameless })
  yield* turns()
  return {
    wait: (options) => act(socket, options),
    close: () => {
      socket.close()
    },
    emitters: [],
    *leave() {
      socket.close()
      yield* turns()
    },
  }
}

function* receiving(act: (socket: DatagramSocket, options?: WaitOptions) => Operation<unknown>): Coroutine<Scene> {
  const socket = yield* new DatagramSocket().bind(LOCAL)
  return {
    wait: (options) => act(socket, options),
    close: () => {
      socket.close()
    },
    emitters: [socket.node],
    *again() {
      yield* socket.sendTo('x', { ...LOCAL, port: socket.address().port })
      yield* act(socket)
    },
    *leave() {
      socket.close()
      yield* turns()
    },
  }
}

const SERVER = `
  import { createServer } from 'node:net'
  const server = createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    console.log(server.address().port)
  })
`

/** A server that is stopped in its tracks and whose backlog is full: the kernel answers nobody who connects to it. */
function* standStill(): Coroutine<{ port: number; leave: () => Coroutine<void> }> {
  const { child, printed, ended } = startProgram(SERVER)
  let port = ''
  child.stdout!.on('data', (text: string) => (port += text))
  yield* until(printed('\n'))
  child.kill('SIGSTOP')
  const clients: NodeSocket[] = []
  for (let connected = -1; connected !== countConnected(clients);) {
    connected = countConnected(clients)
    for (let index = 0; index < 8; index++) {
      clients.push(nodeConnect(Number(port), '127.0.0.1').on('error', () => undefined))
    }
    yield* turns()
  }
  return {
    port: Number(port),
    *leave() {
      for (const client of clients) client.destroy()
      child.kill('SIGKILL')
      yield* until(ended)
    },
  }
}

function countConnected(clients: readonly NodeSocket[]): number {
  return clients.filter(({ connecting }) => !connecting).length
}
