import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { startRedis, withoutRedis } from '../../test/ecosystem/redis-server.js'
import { measureHandBack } from './hand-back.js'
import { hasCelery, peers, type JobData, type Peer } from './peers.js'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1,10,1000' },
    turns: { type: 'string', default: '3' },
    // A worker at its full speed: of fewer, many are done before its code is compiled.
    jobs: { type: 'string', default: '20000' },
    peers: { type: 'string', default: '' },
    'hand-back': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const help = `Workers on Redis beside each other: gvent's, BullMQ's own, Celery with gevent's pool. Jobs that do nothing, so that what is
measured is the worker. Each worker is a process of its own; the peers take turns, and the median counts.

  npm run bench:jobs -- [--sizes 1,10,1000] [--turns 3] [--jobs 20000] [--peers 'gvent, BullMQ;BullMQ']
  npm run bench:jobs -- --hand-back [--turns 3]     how soon the jobs of a killed worker are another's, on each engine

jobs/s: a queue that is full beforehand. p99: from adding to doing, of jobs added one by one, 100 a second.
MB: resident memory of the worker when the queue is empty.
`

interface Figures {
  readonly rate: number
  readonly p99: number
  readonly memory: number
}

async function measure(peer: Peer, size: number, jobs: number): Promise<Figures> {
  const count = jobs * (peer.share ?? 1)
  const server = await startRedis()
  const redis = new Redis(server.port)
  const sink = peer.openSink(server.port)
  const now = (): JobData => ({ at: performance.timeOrigin + performance.now() })
  const result = async <R>(): Promise<R> => {
    const popped = await redis.blpop('results', 60)
    if (popped === null) throw new Error(`${peer.name}: no result within a minute`)
    return JSON.parse(popped[1]) as R
  }
  for (let added = 0; added < count; added += 500) {
    await sink.add(Array.from({ length: Math.min(500, count - added) }, now))
  }
  const worker = peer.startWorker(server.port, size, count)
  const ended = once(worker, 'exit')
  try {
    const { seconds, memory } = await result<{ seconds: number; memory: number }>()
    const delays: number[] = []
    for (let job = 0; job < 200; job++) {
      await Promise.all([sink.add([now()]), pause(10)])
      delays.push((await result<{ milliseconds: number }>()).milliseconds)
    }
    delays.sort((one, other) => one - other)
    return { rate: count / seconds, p99: delays[Math.floor(delays.length * 0.99) - 1]!, memory }
  } finally {
    worker.kill('SIGKILL')
    await ended
    await sink.close()
    redis.disconnect()
    await server.stop()
  }
}

function median(figures: readonly number[]): number {
  return [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)]!
}

if (values.help) {
  console.log(help)
} else if (values['hand-back']) {
  await measureHandBack(Number(values.turns))
} else if (withoutRedis !== false) {
  console.error(withoutRedis)
  process.exitCode = 1
} else {
  const wanted = peers.filter(({ name }) => values.peers === '' || values.peers.split(';').includes(name))
  const measured = (await hasCelery()) ? wanted : wanted.filter(({ name }) => !name.startsWith('Celery'))
  if (measured.length < wanted.length)
    console.error('without Celery: apt-get install python3-celery python3-gevent python3-redis')
  console.log('| worker | at a time | jobs/s | p99, ms | MB |\n| --- | ---: | ---: | ---: | ---: |')
  for (const size of values.sizes.split(',').map(Number)) {
    const all = new Map<string, Figures[]>()
    for (let turn = 0; turn < Number(values.turns); turn++) {
      for (const peer of measured) {
        all.set(peer.name, [...(all.get(peer.name) ?? []), await measure(peer, size, Number(values.jobs))])
      }
    }
    for (const [name, figures] of all) {
      const of = (key: keyof Figures): number => median(figures.map((each) => each[key]))
      const cells = [of('rate').toFixed(0), of('p99').toFixed(1), (of('memory') / 1e6).toFixed(0)]
      console.log(`| ${[name, size, ...cells].join(' | ')} |`)
    }
  }
}
