import type { Program } from '../serving/program.js'
import { median } from '../statistics.js'
import { raiseDescriptors } from './limits.js'
import type { Part } from './part.js'
import { startClients, startServer, type Server } from './programs.js'

/** How many echoes a turn measures. */
const ECHOES = 5000

/**
 * An echo on some of very many connections, beside one of a server that has only those. Where no process may have so many
 * descriptors, as many processes as it takes share them.
 */
export const crowd: Part = async ({ crowd, speakers, turns, say }) => {
  const { connections } = raiseDescriptors(crowd)
  const count = Math.ceil(crowd / connections)
  const started: Program[] = []
  const start = async (): Promise<Server[]> => {
    const servers = await Promise.all(Array.from({ length: count }, () => startServer('green', connections)))
    started.push(...servers)
    return servers
  }
  const connect = async (servers: readonly Server[], connections: number): Promise<Program[]> => {
    const clients = await startClients(servers, connections, (open) => {
      say(`crowd: ${open} of ${connections} connections open`)
    })
    started.push(...clients)
    return clients
  }
  try {
    const [few, many] = [await start(), await start()]
    const before = many.map((server) => server.residentMemory())
    const [alone, among] = [await connect(few, speakers), await connect(many, speakers)]
    const begun = performance.now()
    await connect(many, crowd - speakers)
    const seconds = (performance.now() - begun) / 1000
    const resident = many.reduce((sum, server, index) => sum + server.residentMemory() - before[index]!, 0)
    const p99 = { alone: [] as number[], among: [] as number[] }
    for (let turn = 0; turn <= turns; turn++) {
      const times = {
        alone: Number(await alone[0]!.ask(String(ECHOES))),
        among: Number(await among[0]!.ask(String(ECHOES))),
      }
      // The first one is for the compiler.
      if (turn === 0) continue
      p99.alone.push(times.alone)
      p99.among.push(times.among)
      say(`crowd: turn ${turn} of ${turns}`)
    }
    const ratio = median(p99.among.map((time, turn) => time / p99.alone[turn]!))
    const micros = (times: readonly number[]): string => `${(median(times) / 1000).toFixed(0)} µs`
    const share = `${count} process${count === 1 ? '' : `es of ${connections} descriptors, more are not allowed here`}`
    return [
      {
        what: `${crowd} connections, ${share}`,
        figure: `open after ${seconds.toFixed(1)} s, ${(resident / crowd).toFixed(0)} B resident each`,
      },
      {
        what: `an echo on ${speakers} of them: 99th percentile`,
        figure: `${micros(p99.among)}, without the others ${micros(p99.alone)}: ${ratio.toFixed(2)} ×`,
        goal: '≤ 1.2 ×',
        met: ratio <= 1.2,
      },
    ]
  } finally {
    for (const program of started) program.end()
  }
}
