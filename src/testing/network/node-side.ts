import { Socket as NodeSocket, type AddressInfo, type SocketConnectOpts } from 'node:net'
import { readArguments, readPort } from './call-arguments.js'
import { SimulatedSocket, type Connector } from './simulated-socket.js'

type Callback = (error?: Error | null) => void

interface Reusable extends NodeSocket {
  _undestroy(): void
}

const sockets = new WeakMap<NodeSocket, SimulatedSocket>()
/** For the prototype of each class of sockets one that stands on a simulated network. */
const prototypes = new WeakMap<object, object>()
const simulated = new WeakSet<object>()

/**
 * Has a socket of Node's, of whatever class, stand on a simulated network. All that is built on Node's sockets works on
 * it: only what Node's socket does with its handle is done here.
 */
export function putOnNetwork(node: NodeSocket, connector: Connector): SimulatedSocket {
  const prototype = Object.getPrototypeOf(node) as NodeSocket
  if (!simulated.has(prototype)) Object.setPrototypeOf(node, simulatedPrototype(prototype))
  const socket = new SimulatedSocket(connector, node)
  sockets.set(node, socket)
  const { timeout = 0 } = node
  if (timeout > 0) {
    // What was started before goes by the real clock.
    NodeSocket.prototype.setTimeout.call(node, 0)
    node.setTimeout(timeout)
  }
  return socket
}

function simulatedPrototype(base: NodeSocket): object {
  let prototype = prototypes.get(base)
  if (prototype === undefined) {
    const own = {
      ...methods,
      _destroy(this: NodeSocket, error: Error | null, callback: Callback): void {
        socketOf(this).close()
        // Node's own part: without a handle it closes at once.
        base._destroy.call(this, error, callback)
      },
    }
    prototype = Object.create(base, { ...hidden(own), ...getters }) as object
    prototypes.set(base, prototype)
    simulated.add(prototype)
  }
  return prototype
}

function socketOf(node: NodeSocket): SimulatedSocket {
  return sockets.get(node)!
}

const methods = {
  // The types of Node have many forms of it.
  connect(this: NodeSocket, ...args: unknown[]): NodeSocket {
    const { options, callback } = readArguments(args)
    if (callback !== undefined) this.once('connect', callback)
    if (this.destroyed) {
      // Node connects a socket again that was closed.
      ;(this as Reusable)._undestroy()
      putOnNetwork(this, socketOf(this).connector)
    }
    socketOf(this).connect({ ...options, port: readPort(options['port']) } as SocketConnectOpts)
    return this
  },

  _read(this: NodeSocket): void {
    socketOf(this).read()
  },

  _write(this: NodeSocket, chunk: Buffer | string, encoding: BufferEncoding, callback: Callback): void {
    whenConnected(this, () => {
      socketOf(this).write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk, callback)
    })
  },

  _writev(this: NodeSocket, chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], callback: Callback): void {
    const parts = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    )
    this._write(Buffer.concat(parts), 'buffer' as BufferEncoding, callback)
  },

  _final(this: NodeSocket, callback: Callback): void {
    whenConnected(this, () => {
      socketOf(this).end()
      callback()
    })
  },

  resetAndDestroy(this: NodeSocket): NodeSocket {
    socketOf(this).reset()
    return this.destroy()
  },

  setTimeout(this: NodeSocket, milliseconds: number, callback?: () => void): NodeSocket {
    Object.assign(this, { timeout: milliseconds })
    if (callback !== undefined) {
      if (milliseconds === 0) this.off('timeout', callback)
      else this.once('timeout', callback)
    }
    socketOf(this).limitIdling(milliseconds)
    return this
  },

  /** Node calls it whenever something happens on the socket. */
  _unrefTimer(this: NodeSocket): void {
    socketOf(this).touch()
  },

  address(this: NodeSocket): AddressInfo | object {
    const { local } = socketOf(this)
    return local === undefined ? {} : { address: local.address, family: 'IPv4', port: local.port }
  },

  // Without a handle Node would do it when the socket is connected, each time again.
  ref(this: NodeSocket): NodeSocket {
    return this
  },

  unref(this: NodeSocket): NodeSocket {
    return this
  },
}

// What a socket of the system asks its handle for.
const getters = {
  remoteAddress: getter((node) => (node.destroyed ? undefined : socketOf(node).remote?.address)),
  remotePort: getter((node) => (node.destroyed ? undefined : socketOf(node).remote?.port)),
  remoteFamily: getter((node) => (node.destroyed || socketOf(node).remote === undefined ? undefined : 'IPv4')),
  localAddress: getter((node) => socketOf(node).local?.address),
  localPort: getter((node) => socketOf(node).local?.port),
  localFamily: getter((node) => (socketOf(node).local === undefined ? undefined : 'IPv4')),
  bytesRead: getter((node) => socketOf(node).readCount),
  bytesWritten: getter((node) => socketOf(node).writtenCount + node.writableLength),
  pending: getter((node) => node.connecting || socketOf(node).remote === undefined),
}

function getter(get: (node: NodeSocket) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    get(this: NodeSocket) {
      return get(this)
    },
  }
}

// Nothing enumerable appears on a socket.
function hidden(own: Record<string, unknown>): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(own).map(([name, value]): [string, PropertyDescriptor] => [
      name,
      { configurable: true, writable: true, value },
    ]),
  )
}

function whenConnected(node: NodeSocket, action: () => void): void {
  if (node.connecting) node.once('connect', action)
  else action()
}
