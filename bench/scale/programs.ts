import { fileURLToPath } from 'node:url'
import { Program } from '../serving/program.js'
import { raiseDescriptors } from './limits.js'

/** What a server is made of. */
export type Kind = 'green' | 'net'

/** A server that listens. */
export interface Server extends Program {
  /** With commas. */
  readonly ports: string
}

/** How many connections a client has ports for to one port of a server; the kernel gives out 28,000. */
const PER_PORT = 25_000

/** Starts a server in a process of its own that may hold so many connections. */
export async function startServer(kind: Kind, connections: number): Promise<Server> {
  const { prefix } = raiseDescriptors(connections)
  const count = String(Math.ceil(connections / PER_PORT))
  const server = new Program([...prefix, process.execPath, '--expose-gc', pathOf('server.js'), kind, count])
  return Object.assign(server, { ports: await server.line() })
}

/** Starts clients, in processes of their own, that hold so many connections to the servers by turns. */
export async function startClients(
  servers: readonly Server[],
  connections: number,
  say: (open: number) => void = () => undefined,
): Promise<Program[]> {
  const { prefix, connections: most } = raiseDescriptors(Math.min(connections, PER_PORT))
  const clients: Program[] = []
  let open = 0
  for (let left = connections; left > 0; left -= most) {
    const ports = servers.map(({ ports }) => ports).join(',')
    const count = String(Math.min(left, most))
    clients.push(new Program([...prefix, process.execPath, pathOf('client.js'), ports, count]))
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
