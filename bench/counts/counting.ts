/** Does a work under valgrind: `counting.js <work>`. See count.ts. */
import { getPriority } from 'node:os'
import { isLocal } from '../commands.js'
import { works } from '../works.js'
import { countedPeers, mostOperations, rounds } from './count.js'

/** Until then the compiler has seen enough, and what one operation takes hardly changes any more. */
const warmupOperations = 1_500_000
const work = works.filter(isLocal).find(({ name }) => name === process.argv[2])
if (!work) throw new Error(`not a work: ${process.argv[2]}`)

// The hub ends a turn after some milliseconds. Under valgrind those pass at another step in every run, so the clock of
// this process goes by how often it is read. It has to be set before gvent is loaded, which the programs do.
let time = 0
process.hrtime = Object.assign((): [number, number] => [0, (time += 1_000)], process.hrtime)

const operations = Math.min(work.operations, mostOperations)
for (const peer of countedPeers(work)) {
  if (!('load' in peer)) continue
  const run = await peer.load()
  for (let done = 0; done < warmupOperations; done += operations) await run(operations)
  for (let round = 0; round < rounds; round++) {
    // Otherwise what was left over by the last round decides how often this one collects garbage: a large part of what a
    // short round takes, and now one time and then two.
    globalThis.gc!({ type: 'minor' })
    getPriority()
    await run(operations)
    getPriority()
  }
}
process.exit(0)
