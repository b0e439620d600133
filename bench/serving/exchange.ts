/**
 * One sample of a server's work: `exchange.js <Exchange as JSON>` starts the server and the load, each in a process of
 * its own, and prints the costs, round by round, as a JSON array.
 */
import { fileURLToPath } from 'node:url'
import type { ServerWork } from '../work.js'
import { Program } from './program.js'

export interface Exchange {
  /** The command of the server, which prints its port. */
  readonly server: readonly string[]
  /** The command of the load, with `PORT` in place of the port. */
  readonly load: readonly string[]
  readonly measure: ServerWork['measure']
  readonly connections: number
  readonly operations: number
  readonly warmups: number
  readonly clock: 'wall' | 'cpu'
}

/** For how many milliseconds a server that has nothing to do is watched, after as many to come to rest. */
const watched = 10_000
const resting = 2_000

const measures: Record<
  Exchange['measure'],
  (server: Program, load: () => Program, how: Exchange) => Promise<number[]>
> = {
  async load(server, startLoad, { operations, warmups, clock, load: command }) {
    const load = startLoad()
    const rounds = Number(command.at(-1))
    const costs: number[] = []
    let before = server.processorTime()
    for (let round = 0; round < warmups + rounds; round++) {
      const wall = Number(await load.line())
      const after = server.processorTime()
      if (round >= warmups) costs.push(clock === 'wall' ? wall : (after - before) / operations)
      before = after
    }
    load.end()
    return costs
  },

  async memory(server, startLoad, { server: command, connections }) {
    // Node tells what is alive; of others only the system knows what they take.
    const isNode = command.some((part) => part.endsWith('server.js'))
    const read = async (): Promise<number> =>
      isNode ? Number(await server.ask('memory')) : Promise.resolve(server.residentMemory())
    const before = await read()
    const load = startLoad()
    await load.line()
    const after = await read()
    load.end()
    return [(after - before) / connections]
  },

  async idleness(server, startLoad) {
    const load = startLoad()
    await load.line()
    await sleep(resting)
    const [before, start] = [server.processorTime(), performance.now()]
    await sleep(watched)
    const cost = ((server.processorTime() - before) * 1000) / (performance.now() - start)
    load.end()
    return [cost]
  },
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const exchange = JSON.parse(process.argv[2]!) as Exchange
  const server = new Program(exchange.server)
  const port = await server.line()
  const started: Program[] = [server]
  const startLoad = (): Program => {
    const load = new Program(exchange.load.map((part) => (part === 'PORT' ? port : part)))
    started.push(load)
    return load
  }
  try {
    console.log(JSON.stringify(await measures[exchange.measure](server, startLoad, exchange)))
  } finally {
    for (const program of started) program.end()
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
