import type { Gauge } from './work.js'

/** Nanoseconds by the clock on the wall. */
export const elapsedTime: Gauge = async (run, operations) => {
  const start = process.hrtime.bigint()
  await run(operations)
  return Number(process.hrtime.bigint() - start) / operations
}

/** Nanoseconds of processor time, user and system, of all threads of the process. */
export const processorTime: Gauge = async (run, operations) => {
  const start = process.cpuUsage()
  await run(operations)
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / operations
}

/** Bytes that are alive after the run, in the heap and outside. Needs `--expose-gc`. */
export const retainedMemory: Gauge = async (run, operations) => {
  const before = await liveBytes()
  const parked = await run(operations)
  const after = await liveBytes()
  keepAlive.push(parked)
  return (after - before) / operations
}

/** The run measures itself. */
export const ownMeasure: Gauge = async (run, operations) => Number(await run(operations))

/** What a run gave back must outlive the measurement: an engine may collect a variable that nothing reads again. */
const keepAlive: unknown[] = []

async function liveBytes(): Promise<number> {
  if (!globalThis.gc) throw new Error('the memory of a process is measured with --expose-gc')
  // The first collection runs finalizers' work into the queue; the second frees what they let go.
  for (let pass = 0; pass < 2; pass++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
