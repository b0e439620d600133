import { Redis } from 'ioredis'
import { peers } from './peers.js'

/*
 * A worker in a process of its own: `worker.js PEER PORT SIZE COUNT`. After `COUNT` jobs, and after as many seconds later,
 * it writes how long they took into the list `results` of that Redis.
 */
const [name, port, size, count] = process.argv.slice(2) as [string, string, string, string]
const peer = peers.find((each) => each.name === name)!
const redis = new Redis(Number(port))
const total = Number(count)
let first = 0
let done = 0

peer.work!(Number(port), Number(size), ({ at }) => {
  const now = performance.timeOrigin + performance.now()
  done++
  if (done === 1) first = now
  if (done < total) return
  const result =
    done === total ? { seconds: (now - first) / 1000, memory: process.memoryUsage().rss } : { milliseconds: now - at }
  void redis.rpush('results', JSON.stringify(result))
})
