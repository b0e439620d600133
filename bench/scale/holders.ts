/**
 * `holders.js <count>` starts so many greenlets, each of which waits, with a limit of time and under a store of its own, for an
 * item of a queue of its own; prints what each holds and how long it takes; and checks that each got its own item and store.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Queue, joinAll, spawn, type Greenlet } from 'gvent'
import { liveBytes } from '../gauges.js'

const count = Number(process.argv[2])
const HOUR = 3_600_000
const store = new AsyncLocalStorage<{ index: number }>()

function* holder(queue: Queue<number>) {
  const item = yield* queue.get({ timeout: HOUR })
  return item === store.getStore()!.index
}

const before = await liveBytes()
let begun = performance.now()
const queues: Queue<number>[] = []
const waiting: Greenlet<boolean>[] = []
for (let index = 0; index < count; index++) {
  const queue = new Queue<number>()
  queues.push(queue)
  waiting.push(store.run({ index }, () => spawn(holder, queue)))
}
// Greenlets start in the order in which they were spawned: when this one has run, the others wait.
await spawn(() => undefined)
const started = (performance.now() - begun) / 1000
console.log('all wait')
const bytes = ((await liveBytes()) - before) / count
begun = performance.now()
for (const [index, queue] of queues.entries()) queue.putNowait(index)
await joinAll(waiting)
const served = (performance.now() - begun) / 1000
const wrong = waiting.filter(({ value }) => value !== true).length
if (wrong > 0) throw new Error(`${wrong} greenlets got the item or the store of another`)
console.log(JSON.stringify({ bytes, started, served }))
