import { fileURLToPath } from 'node:url'
import { Program } from '../serving/program.js'
import { raiseDescriptors } from './limits.js'

/** What a server is made of. */
export type Kind = 'green' | 'net'

/** A server that listens. */
export interface Server extends Program {
  readonly port: string
}

/** How many connections one address of a client has ports for; the kernel gives out 28,000. */
const PER_ADDRESS = 25_000

/** Starts a server in a process of its own that may hold so many connections. */
export async function startServer(kind: Kind, connections: number): Promise<Server> {
  const { prefix } = raiseDescriptors(connections)
  const server = new Program([...prefix, process.execPath, '--expose-gc', pathOf('server.js'), kind])
  return Object.assign(server, { port: await server.line() })
}

let address = 1

/** Starts clients, in processes of their own and from addresses of their own, that hold so many connections to the servers by turns. */
export async function startClients(
  servers: readonly Server[],
  connections: number,
  say: (open: number) => void = () => undefined,
): Promise<Program[]> {
  const { prefix, connections: most } = raiseDescriptors(Math.min(connections, PER_ADDRESS))
  const clients: Program[] = []
  let open = 0
  for (let left = connections; left > 0; left -= most) {
    const ports = servers.map(({ port }) => port).join(',')
    const count = String(Math.min(left, most))
    address = (address % 250) + 1
    clients.push(new Program([...prefix, process.execPath, pathOf('client.js'), ports, count, String(address)]))
  }
  for (const [index, client] of clients.entries()) {
    await client.line()
    open += Math.min(most, connections - index * most)
    say(open)
  }
  return clients
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
