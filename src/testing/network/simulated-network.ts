import type { LookupOptions } from 'node:dns'
import { Socket as NodeSocket, type ListenOptions, type Server, type SocketConnectOpts } from 'node:net'
import type { LookupCallback } from '../../io/net/network.js'
import { call } from '../../scheduler/greenlets/call.js'
import type { Returned } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { GreenletLocal } from '../../scheduler/greenlets/greenlet-local.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { NamedTimer } from '../world/time/named-timer.js'
import type { World } from '../world/world.js'
import { systemError } from './errors.js'
import { HostNames } from './names.js'
import { entry, keyOf, type NetstatEntry } from './netstat.js'
import { withDefaults, type Behaviour, type NetworkOptions } from './network-options.js'
import type { Route } from './route.js'
import { putOnNetwork } from './node-side.js'
import type { Connector, Endpoint, SimulatedSocket } from './simulated-socket.js'
import { HERE, Topology } from './topology.js'

/** For how many milliseconds a connection is tried before the system gives up, as Linux does. */
const CONNECT_TIMEOUT = 127_000
/** The first port that is given to those who ask for none. */
const FIRST_PORT = 49_152

/** The host on which a greenlet runs; those that it spawns run there too. */
const currentHost = new GreenletLocal<string>({ inherit: true })

/** A named host of a simulated network. */
export interface NetworkHost {
  /** Its name, which can be looked up. */
  readonly name: string
  /** Its address, of IPv4. */
  readonly address: string
  /** Starts a greenlet there: what it, and those that it spawns, listen at and connect from is that host. */
  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Greenlet<Returned<R>>
}

/**
 * The network of a simulation: `connect`, `listen`, `fetch` and all servers run on it. Messages take a latency that the
 * schedule chooses, connections keep their order within themselves and not among each other, and all that can happen to
 * a network can be made to happen.
 */
export class SimulatedNetwork implements Connector {
  /** Look-ups that are under way. @internal */
  readonly questions: Map<string, unknown> = new Map<string, unknown>()
  private readonly options: Behaviour
  private readonly topology: Topology
  private readonly names: HostNames
  private readonly listeners = new Map<string, Listening>()
  private readonly sockets = new Set<SimulatedSocket>()
  private readonly limits = new Map<SimulatedSocket, NamedTimer>()
  private ports = FIRST_PORT

  /** @internal */
  constructor(
    /** @internal */
    readonly world: World,
    options: NetworkOptions,
  ) {
    this.options = withDefaults(options)
    this.topology = new Topology(world, this.options)
    this.names = new HostNames(world, this.topology, this.options)
  }

  // ---- What tests use

  /** A host of that name, the same for the same name. `localhost` is where greenlets run that are on no other. */
  host(name: string): NetworkHost {
    const address = this.topology.add(name)
    return {
      name,
      address,
      spawn: (fn, ...args) => {
        const greenlet = spawn(function* () {
          currentHost.set(name)
          return yield* call(fn, ...args)
        })
        greenlet.name = fn.name === '' ? name : `${fn.name} on ${name}`
        return greenlet
      },
    }
  }

  /**
   * Cuts two hosts, or one from all others, off from each other: new connections time out, and what is sent over those
   * that stand arrives only after {@link SimulatedNetwork.heal}.
   */
  partition(a: string, b?: string): void {
    this.topology.partition(a, b, true)
  }

  /** Ends a partition. */
  heal(a: string, b?: string): void {
    this.topology.partition(a, b, false)
  }

  /** Holds everything back that is sent from one host to another, until {@link SimulatedNetwork.release}. */
  hold(from: string, to: string): void {
    this.topology.hold(from, to, true)
  }

  /** Sends on what was held back. */
  release(from: string, to: string): void {
    this.topology.hold(from, to, false)
  }

  /** A host is gone, without a word to anybody: its connections are half open from now on, for ever. */
  vanish(name: string): void {
    this.topology.vanish(name)
  }

  /** From now on looking up that name fails, with this `code`; with `null` not any more. */
  failLookup(name: string, code: string | null = 'ENOTFOUND'): void {
    this.names.fail(name, code)
  }

  /** All sockets that are open, on all hosts or on one: for a test that there are none left. */
  netstat(host?: string): NetstatEntry[] {
    const listening = Array.from(this.listeners.values(), ({ endpoint }) => entry(endpoint, 'listening'))
    const connections = Array.from(this.sockets, ({ local, remote, node }) =>
      entry(local!, node.connecting ? 'connecting' : 'connected', remote),
    )
    return [...listening, ...connections].filter((each) => host === undefined || each.host === host)
  }

  // ---- What sockets and servers use

  /** @internal */
  listen(server: Server, options: ListenOptions): void {
    const host = here()
    const { host: name = HERE, port = 0, path } = options
    const isEverywhere = name === '0.0.0.0' || name === '::'
    const isElsewhere = this.topology.find(isEverywhere ? HERE : name, host) !== host
    const local = { host, address: this.topology.addressOf(host), port }
    const endpoint = port === 0 && path === undefined ? { ...local, port: this.ports++ } : local
    const key = path ?? keyOf(endpoint)
    const isListening = !isElsewhere && !this.listeners.has(key)
    if (isListening) {
      this.listeners.set(key, { server, endpoint })
      this.giveHandle(server, key, endpoint, path)
    }
    this.soon(`${host} listens at ${key}`, () => {
      // It may have been closed meanwhile.
      if (isListening) {
        if (this.listeners.get(key)?.server === server) server.emit('listening')
        return
      }
      const { address, port: taken } = endpoint
      const details = { address: isElsewhere ? name : address, port: taken }
      server.emit('error', systemError(isElsewhere ? 'EADDRNOTAVAIL' : 'EADDRINUSE', 'listen', details))
    })
  }

  // What Node's server asks its handle for: its own methods do the rest.
  private giveHandle(server: Server, key: string, { address, port }: Endpoint, path: string | undefined): void {
    const handle = {
      close: () => {
        this.world.foreign.disturb()
        this.listeners.delete(key)
      },
      ref: () => undefined,
      unref: () => undefined,
    }
    const getsockname = (out: object): number => {
      Object.assign(out, { address, family: 'IPv4', port })
      return 0
    }
    // Node asks the server for the path, and Bun asks the handle.
    const bound = path === undefined ? { ...handle, getsockname } : { ...handle, unix: path }
    Object.assign(server, { _handle: bound, _pipeName: path })
  }

  /** @internal */
  connect(socket: SimulatedSocket, options: SocketConnectOpts): void {
    const from = here()
    socket.local = { host: from, address: this.topology.addressOf(from), port: this.ports++ }
    this.sockets.add(socket)
    const path = (options as { path?: string }).path
    const { host: name = HERE, port = 0 } = options as { host?: string; port?: number }
    this.soon(`${from} looks up ${name}`, () => {
      if (socket.node.destroyed) return
      const to = path === undefined ? this.names.find(name, from) : from
      if (to instanceof Error) {
        socket.failed(to)
        return
      }
      const address = this.topology.addressOf(to)
      this.approach(socket, path ?? keyOf({ address, port }), { host: to, address, port })
    })
  }

  // The other side is asked, and its answer takes its time too.
  private approach(socket: SimulatedSocket, key: string, remote: Endpoint): void {
    const local = socket.local!
    const there = this.topology.route(local.host, remote.host)
    const back = this.topology.route(remote.host, local.host)
    const limit = new NamedTimer(`the system gives up connecting to ${key}`, () => {
      socket.failed(systemError('ETIMEDOUT', 'connect', { address: remote.address, port: remote.port }))
    })
    this.world.timeline.start(limit, CONNECT_TIMEOUT)
    this.limits.set(socket, limit)
    const refuse = (): void => {
      back.deliver(() => {
        if (!socket.node.destroyed) {
          socket.failed(systemError('ECONNREFUSED', 'connect', { address: remote.address, port: remote.port }))
        }
      })
    }
    there.deliver(() => {
      const listening = this.listeners.get(key)
      if (listening === undefined || this.refuses(remote)) {
        refuse()
        return
      }
      const peer = this.accept(listening.server, socket, there, back, remote)
      back.deliver(() => {
        this.stopLimit(socket)
        if (socket.node.destroyed) peer.receivedReset()
        else socket.established()
      })
    })
  }

  private accept(
    server: Server,
    socket: SimulatedSocket,
    there: Route,
    back: Route,
    remote: Endpoint,
  ): SimulatedSocket {
    const accepting = server as Accepting
    const { allowHalfOpen, pauseOnConnect } = accepting
    const node = new NodeSocket({ allowHalfOpen })
    const peer = putOnNetwork(node, this)
    this.sockets.add(peer)
    socket.join(peer, there, socket.local!, remote)
    peer.join(socket, back, remote, socket.local!)
    this.world.foreign.disturb()
    // As Node does it: a server is closed when the last of its connections is.
    accepting._connections++
    Object.assign(node, { server, _server: server })
    if (pauseOnConnect) node.pause()
    server.emit('connection', node)
    return peer
  }

  private refuses({ host }: Endpoint): boolean {
    return this.options.refusals && this.world.chooseRarely(2, () => `${host} refuses a connection`) === 1
  }

  /** @internal */
  lookup(name: string, options: LookupOptions, callback: LookupCallback): void {
    const from = here()
    this.soon(`${from} looks up ${name}`, () => {
      this.names.answer(name, from, options, callback)
    })
  }

  /** @internal */
  closed(socket: SimulatedSocket): void {
    this.sockets.delete(socket)
    this.stopLimit(socket)
  }

  /** @internal */
  destroySockets(): void {
    for (const { node } of this.sockets) node.destroy()
  }

  private stopLimit(socket: SimulatedSocket): void {
    const limit = this.limits.get(socket)
    if (limit !== undefined) this.world.timeline.stop(limit)
    this.limits.delete(socket)
  }

  private soon(event: string, callback: () => void): void {
    const timer = new NamedTimer(event, () => {
      this.world.foreign.disturb()
      callback()
    })
    this.world.timeline.start(timer, 0)
  }
}

interface Listening {
  readonly server: Server
  readonly endpoint: Endpoint
}

/** The connections that a server of Node's has accepted. */
interface Accepting extends Server {
  readonly allowHalfOpen: boolean
  readonly pauseOnConnect: boolean
  _connections: number
}

function here(): string {
  return currentHost.get() ?? HERE
}
