import { fileURLToPath } from 'node:url'
import { Program } from '../serving/program.js'
import { raiseDescriptors } from './limits.js'

/** What a server is made of. */
export type Kind = 'green' | 'net'

/** A server that listens. */
export interface Server extends Program {
  /** With their ports, separated by commas. */
  readonly addresses: string
}

/**
 * How many connections go to one address of a server. The kernel has 28,000 ports for them and looks through the even ones first:
 * when those are taken, each connect looks at all 14,000 of them, which takes milliseconds.
 */
const PER_ADDRESS = 13_000
/** How many a client holds at most. */
const PER_CLIENT = 25_000
/** How often the progress is said, in milliseconds. */
const OFTEN = 5000

/** Starts a server in a process of its own that may hold so many connections. */
export async function startServer(kind: Kind, connections: number): Promise<Server> {
  const { prefix } = raiseDescriptors(connections)
  const count = String(Math.ceil(connections / PER_ADDRESS))
  const server = new Program([...prefix, process.execPath, '--expose-gc', pathOf('server.js'), kind, count])
  return Object.assign(server, { addresses: await server.line() })
}

/** Starts clients, in processes of their own, that hold so many connections to the servers by turns. */
export async function startClients(
  servers: readonly Server[],
  connections: number,
  say: (open: number) => void = () => undefined,
): Promise<Program[]> {
  const { prefix, connections: most } = raiseDescriptors(Math.min(connections, PER_CLIENT))
  const addresses = servers.map((server) => server.addresses).join(',')
  const open: number[] = []
  let said = performance.now()
  const follow = async (client: Program, index: number): Promise<void> => {
    for (let line = await client.line(); line !== 'open'; line = await client.line()) {
      open[index] = Number(line)
      if (performance.now() - said < OFTEN) continue
      said = performance.now()
      say(open.reduce((sum, each) => sum + each, 0))
    }
  }
  const clients: Program[] = []
  for (let left = connections; left > 0; left -= most) {
    const count = String(Math.min(left, most))
    clients.push(new Program([...prefix, process.execPath, pathOf('client.js'), addresses, count]))
  }
  await Promise.all(clients.map(follow))
  say(connections)
  return clients
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
