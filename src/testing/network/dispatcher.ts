import { Socket as NodeSocket } from 'node:net'
import { Duplex } from 'node:stream'
import { globalDispatcher } from '../../io/node/fetch/global-dispatcher.js'
import { originalOf } from '../../io/node/originals.js'
import type { SimulatedNetwork } from './simulated-network.js'
import { putOnNetwork } from './node-side.js'

/** How undici, on which Node's `fetch` stands, asks for a connection. */
interface ConnectRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port: string
}
type Connected = (error: unknown, socket?: Duplex) => void
interface Dispatcher {
  destroy(): Promise<void>
}
type Agent = new (options: { connect: (request: ConnectRequest, connected: Connected) => void }) => Dispatcher

const dispatchers = new WeakMap<SimulatedNetwork, Dispatcher>()
let warmedUp: Promise<void> | undefined
let isWarm = false

/** The dispatcher that has `fetch` connect over a simulated network; a promise of it the first time. */
export function dispatcherOf(network: SimulatedNetwork): object | Promise<object> {
  let dispatcher = dispatchers.get(network)
  if (dispatcher === undefined) {
    dispatcher = new (findAgent())({
      connect: (request, connected) => {
        connect(network, request, connected)
      },
    })
    dispatchers.set(network, dispatcher)
  }
  return isWarm ? dispatcher : warm(network, dispatcher)
}

/** Ends all that `fetch` has under way over a simulated network. */
export async function destroyDispatcher(network: SimulatedNetwork): Promise<void> {
  await dispatchers.get(network)?.destroy()
}

// undici compiles its parser when it is first used, in a thread of its own. Nothing says that this is under way, so the
// clock would not wait for it, and the first fetch of a process would be another one than all that follow.
async function warm({ world }: SimulatedNetwork, dispatcher: object): Promise<object> {
  warmedUp ??= warmUp()
  await world.foreign.during(warmedUp)
  isWarm = true
  return dispatcher
}

async function warmUp(): Promise<void> {
  const peer = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, written) => {
      peer.push('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n')
      written()
    },
  })
  const dispatcher = new (findAgent())({
    connect: (_request, connected) => {
      // Not at once: the undici of Node 26 overhears an answer that comes while it still asks.
      queueMicrotask(() => {
        connected(null, peer)
      })
    },
  })
  await originalOf(fetch)('http://localhost/', { dispatcher } as RequestInit)
}

function connect(network: SimulatedNetwork, { protocol, hostname, port }: ConnectRequest, connected: Connected): void {
  if (protocol !== 'http:') {
    queueMicrotask(() => {
      connected(new TypeError(`fetch in a simulation speaks plain HTTP only, not ${protocol}//`))
    })
    return
  }
  const socket = new NodeSocket()
  putOnNetwork(socket, network)
  socket.once('error', connected)
  socket.connect({ host: hostname, port: port === '' ? 80 : Number(port) })
  socket.once('connect', () => {
    socket.off('error', connected)
    connected(null, socket)
  })
}

// The one that `fetch` uses by default is made by the first call, and is where the class can be had from.
function findAgent(): Agent {
  if (globalDispatcher() === undefined) void originalOf(fetch)('data:,').catch(() => undefined)
  const found = globalDispatcher()
  if (found === undefined) throw new Error('fetch of this platform is not undici, and cannot run in a simulation')
  return found.constructor as Agent
}
