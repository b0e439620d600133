import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A port that leads to another one, and whose connections can be cut. */
export interface Forwarder {
  readonly port: number
  /** Cuts all connections, and takes no new ones until it is healed. */
  readonly cut: () => void
  readonly heal: () => void
  readonly stop: () => Promise<void>
}

/** Opens a port of loopback that leads to `target`. */
export async function forwardTo(target: number): Promise<Forwarder> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((socket) => {
    const other = connect(target, '127.0.0.1')
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => two.destroy())
      one.on('close', () => {
        sockets.delete(one)
        two.destroy()
      })
      one.pipe(two)
    }
    if (isCut) socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true
      cutAll()
    },
    heal: () => {
      isCut = false
    },
    stop: async () => {
      cutAll()
      server.close()
      await once(server, 'close')
    },
  }
}
