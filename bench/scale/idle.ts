import { median } from '../statistics.js'
import type { Part } from './part.js'
import { startClients, startServer, type Kind } from './programs.js'

/** So many connections come first, so that compiled code is not counted as a part of each of the others. */
const EARLIER = 1000
/** How long a server without anything to do is left alone, and how long it is watched then, in milliseconds. */
const RESTING = 10_000
const WATCHED = 30_000
/** The processor time of a second that is nothing: what the engine's own threads take now and then. */
const NOTHING = 30_000

interface Idle {
  readonly live: number
  readonly resident: number
  /** Nanoseconds of processor time in a second. */
  readonly processor: number
}

/** Idle connections over green sockets, beside as many over `net`. */
export const idle: Part = async ({ connections, turns, say }) => {
  const figures: Record<Kind, Idle[]> = { green: [], net: [] }
  for (let turn = 1; turn <= turns; turn++) {
    // Both at once, so that whatever the machine does meanwhile happens to both of them.
    await Promise.all(
      (['green', 'net'] as const).map(async (kind) => figures[kind].push(await measure(kind, connections))),
    )
    say(`idle: turn ${turn} of ${turns}`)
  }
  const of = (kind: Kind, key: keyof Idle): number => median(figures[kind].map((each) => each[key]))
  const surplus = of('green', 'live') - of('net', 'live')
  const [green, net] = [of('green', 'processor'), of('net', 'processor')]
  const bytes = (kind: Kind): string => `${of(kind, 'live').toFixed(0)} B (${of(kind, 'resident').toFixed(0)} resident)`
  const micros = (nanoseconds: number): string => `${(nanoseconds / 1000).toFixed(0)} µs`
  return [
    {
      what: `${connections} idle connections: memory of each`,
      figure: `${bytes('green')}, with net ${bytes('net')}: + ${surplus.toFixed(0)} B`,
      goal: '≤ + 500 B',
      met: surplus <= 500,
    },
    {
      what: `${connections} idle connections: processor time in a second`,
      figure: `${micros(green)}, with net ${micros(net)}`,
      goal: `≤ 1.3 ×, or ${micros(NOTHING)}`,
      met: green <= Math.max(net * 1.3, NOTHING),
    },
  ]
}

async function measure(kind: Kind, connections: number): Promise<Idle> {
  const server = await startServer(kind, EARLIER + connections)
  const clients = await startClients([server], EARLIER)
  try {
    const before = { live: Number(await server.ask('memory')), resident: server.residentMemory() }
    clients.push(...(await startClients([server], connections)))
    const live = (Number(await server.ask('memory')) - before.live) / connections
    const resident = (server.residentMemory() - before.resident) / connections
    await pause(RESTING)
    const [spent, start] = [server.processorTime(), performance.now()]
    await pause(WATCHED)
    return { live, resident, processor: ((server.processorTime() - spent) * 1000) / (performance.now() - start) }
  } finally {
    for (const program of [server, ...clients]) program.end()
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
