/**
 * One sample, in a process of its own: `sample.js <work> <peer> <operations> <warmups> <rounds> <clock>` prints the cost
 * of one operation in each measured round, as a JSON array. The clock is `wall` or `cpu`. The programs in Go and Python
 * take the same arguments but the peer, and print the same.
 */
import { goByProcessorTime } from './gauges.js'
import { isLocal } from './commands.js'
import { works } from './works.js'

const [workName, peerName, ...numbers] = process.argv.slice(2)
const [operations, warmups, rounds] = numbers.map(Number)
const work = works.filter(isLocal).find(({ name }) => name === workName)
const peer = work?.peers.find(({ name }) => name === peerName)
if (!work || !peer || !('load' in peer) || !operations || warmups === undefined || !rounds) {
  throw new Error(`not a sample: ${process.argv.slice(2).join(' ')}`)
}

if (process.argv[7] === 'cpu') goByProcessorTime()
const run = await peer.load()
for (let round = 0; round < warmups; round++) await work.gauge(run, operations)
const costs: number[] = []
for (let round = 0; round < rounds; round++) costs.push(await work.gauge(run, operations))
console.log(JSON.stringify(costs))
// Timers that a work left behind and tasks that it parked are of no interest any more.
process.exit(0)
