import type { Gauge } from './work.js'

/** Nanoseconds since some moment, by the clock that the benchmarks go by. */
export let now: () => number = readWallClock

/** Makes the benchmarks go by the processor time of the process, which a busy machine does not stretch. */
export function goByProcessorTime(): void {
  now = readProcessorTime
}

function readWallClock(): number {
  return Number(process.hrtime.bigint())
}

function readProcessorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

/** Nanoseconds of time. */
export const elapsedTime: Gauge = async (run, operations) => {
  const start = now()
  await run(operations)
  return (now() - start) / operations
}

/** Nanoseconds of processor time, user and system, of all threads of the process. */
export const processorTime: Gauge = async (run, operations) => {
  const start = readProcessorTime()
  await run(operations)
  return (readProcessorTime() - start) / operations
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

/** The bytes that are alive. Needs `--expose-gc`. */
export async function liveBytes(): Promise<number> {
  if (!globalThis.gc) throw new Error('the memory of a process is measured with --expose-gc')
  // The first collection runs finalizers' work into the queue; the second frees what they let go.
  for (let pass = 0; pass < 2; pass++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
