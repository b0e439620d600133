import { createStorm } from '../test/scheduler/storm.js'

/**
 * `node --expose-gc build/bench/storm.js [greenlets]`: greenlets parked on everything there is are killed in random
 * order. Shows that the time is linear in their number, and that nothing is left of them.
 */
const largest = Number(process.argv[2] ?? 200_000)

const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined)
  throw new Error('run it with node --expose-gc: the memory that is left is part of the result')

function heapUsed(): number {
  collect!()
  return process.memoryUsage().heapUsed
}

async function measure(count: number): Promise<void> {
  const before = heapUsed()
  const storm = createStorm(count, 1)
  await storm.parked
  const parked = heapUsed()
  const start = process.cpuUsage()
  await storm.killAll()
  const { user, system } = process.cpuUsage(start)
  const { cleanups, left } = storm.result()
  const after = heapUsed()
  const microseconds = (user + system) / count
  console.log(
    `${count.toLocaleString('en').padStart(9)} greenlets: ${((parked - before) / count).toFixed(0)} bytes each parked, ` +
      `${microseconds.toFixed(1)} µs of processor time each to kill, ${cleanups.toLocaleString('en')} cleanups, ` +
      `${left} left in wait lists, heap ${((after - before) / 1024).toFixed(0)} KiB above the start`,
  )
}

await measure(10_000)
for (const count of [largest / 4, largest / 2, largest]) await measure(Math.round(count))
