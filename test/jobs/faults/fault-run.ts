import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withPlainKill } from '../../io/program.js'
import { LEASE, faultEngines } from './clients.js'
import { forwardTo } from './forwarder.js'

/** What is done to the workers and their engine, one after another while they run. */
export const faults = ['kill -9', 'SIGTERM', 'SIGSTOP', 'cut', 'restart'] as const

/** How a run went. */
export interface FaultReport {
  readonly jobs: number
  /** How many jobs ran more than once. */
  readonly twice: number
  /** How many of them although nothing had happened to their worker; there must be none. */
  readonly unexplained: string[]
  readonly lost: string[]
  readonly dead: string[]
  readonly pending: number
  readonly milliseconds: number
  readonly troubles: number
  /** What happened to the jobs that were lost, ran twice without a reason, or died: a line for each event. */
  readonly histories: string[]
}

interface OneRun {
  readonly id: string
  readonly worker: Worker
  readonly startedAt: number
  /** When the worker knew that the engine knows. */
  endedAt: number
}

interface Worker {
  readonly child: ChildProcess
  /** When something happened to it that may cost it its leases. */
  readonly disturbedAt: number[]
}

const program = fileURLToPath(new URL('worker.js', import.meta.url))
const WORKERS = 3
/** How long nothing may be done. */
const PATIENCE = 60_000

/**
 * Runs jobs on three worker processes while they and their engine are hurt.
 *
 * @param log called with a line for each thing that is done.
 */
export async function runUnderFaults(
  name: keyof typeof faultEngines,
  count: number,
  plan: readonly (typeof faults)[number][],
  log: (line: string) => void = () => undefined,
): Promise<FaultReport> {
  const engine = faultEngines[name]
  const server = await engine.start()
  // Where there is no server, there is nothing to be cut off from.
  const forwarder = server.restart && (await forwardTo(server.port))
  const done = new Set<string>()
  const begin = performance.now()
  const note = (line: string): void => {
    log(timed(line))
  }
  function timed(line: string): string {
    return `${((performance.now() - begin) / 1000).toFixed(2).padStart(6)} s  ${line}`
  }
  const runs: OneRun[] = []
  const events: { readonly id: string; readonly line: string }[] = []
  const workers: Worker[] = []
  const ids: string[] = []
  let troubles = 0
  let isOver = false
  let lastEvent = begin

  function startWorker(place: number): void {
    const args = [program, name, String(forwarder?.port ?? server.port)]
    const child = withPlainKill(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    const worker: Worker = { child, disturbedAt: [] }
    const current = new Map<string, OneRun>()
    workers[place] = worker
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [event, id] = line.split(' ') as [string, string]
      const now = (lastEvent = performance.now())
      events.push({ id, line: timed(`${child.pid}: ${line}`) })
      if (event === 'started') {
        const run: OneRun = { id, worker, startedAt: now, endedAt: Infinity }
        runs.push(run)
        current.set(id, run)
      } else if (event === 'ran') {
        // What is done, and not pending in the end, was not lost. Whether the worker knows that the engine knows is another
        // matter: the answer may be cut off.
        done.add(id)
      } else if (event === 'done') {
        current.get(id)!.endedAt = now
      } else if (event === 'returned' || event === 'retry') {
        // It did not do its work to the end, or said so.
        runs.splice(runs.indexOf(current.get(id)!), current.has(id) ? 1 : 0)
      } else if (event === 'lost') {
        // It says itself that it stood still for too long: on a busy machine that needs no signal.
        worker.disturbedAt.push(now)
      } else if (event === 'trouble') {
        troubles++
        worker.disturbedAt.push(now)
      }
    })
    child.on('exit', (_code, signal) => {
      // Its last lines come first: they are in the pipe.
      if (signal === 'SIGKILL') worker.disturbedAt.push(performance.now())
      if (!isOver) startWorker(place)
    })
  }

  /** Asks the engine until it answers: it may be restarting, or have lost the question with its connection. */
  async function stubbornly<T>(ask: () => Promise<T>): Promise<T> {
    for (const end = performance.now() + PATIENCE; ; await pause(50)) {
      try {
        return await ask()
      } catch (error) {
        if (performance.now() > end) throw error
      }
    }
  }

  /** Waits until so many jobs are done. */
  async function progress(goal: number): Promise<void> {
    let end = performance.now() + PATIENCE
    for (let before = done.size; done.size < goal; await pause(10)) {
      if (done.size > before) end = performance.now() + PATIENCE
      before = done.size
      if (engine.buriesBystanders) await putBystandersBack()
      if (performance.now() < end) continue
      const missing = new Set(ids.filter((id) => !done.has(id)))
      assert.fail(`${done.size} of ${goal} jobs are done:\n${history(missing).join('\n')}`)
    }
  }

  async function putBystandersBack(): Promise<void> {
    try {
      for (const { id } of await client.dead.list()) if (id !== 'poison') await client.dead.putBack(id)
    } catch {
      // The engine is being restarted.
    }
  }

  /** All that happened to those jobs, and the troubles. */
  function history(wanted: ReadonlySet<string>): string[] {
    const shown = events.filter(({ id }) => wanted.has(id) || !/^(job-|poison)/.test(id))
    return [...wanted, ...shown.slice(-200).map(({ line }) => line)]
  }

  async function hurt(fault: (typeof faults)[number], worker: Worker): Promise<void> {
    const disturb = (): void => {
      for (const each of workers) each.disturbedAt.push(performance.now())
    }
    if (fault === 'kill -9') worker.child.kill('SIGKILL')
    else if (fault === 'SIGTERM') worker.child.kill('SIGTERM')
    else if (fault === 'SIGSTOP') {
      worker.disturbedAt.push(performance.now())
      worker.child.kill('SIGSTOP')
      await pause(engine.stopFor)
      worker.child.kill('SIGCONT')
      worker.disturbedAt.push(performance.now())
    } else if (fault === 'cut') {
      disturb()
      forwarder!.cut()
      await pause(2 * LEASE)
      forwarder!.heal()
      disturb()
    } else {
      disturb()
      await server.restart!()
      disturb()
    }
  }

  /** Which jobs ran twice, and whether each time but the last one something had happened to the worker. */
  function judge(): Pick<FaultReport, 'twice' | 'unexplained'> {
    const byId = groupById()
    let twice = 0
    const unexplained: string[] = []
    for (const [id, all] of byId) {
      if (all.length < 2 || id === 'poison') continue
      twice++
      const isDisturbed = ({ worker, startedAt, endedAt }: OneRun): boolean =>
        worker.disturbedAt.some((at) => at >= startedAt - LEASE && at <= endedAt + LEASE)
      if (all.filter((run) => !isDisturbed(run)).length > 1) unexplained.push(id)
    }
    return { twice, unexplained }
  }

  function groupById(): Map<string, OneRun[]> {
    const groups = new Map<string, OneRun[]>()
    for (const run of runs) groups.set(run.id, [...(groups.get(run.id) ?? []), run])
    return groups
  }

  const client = await engine.open(server.port, LEASE)
  try {
    for (let place = 0; place < WORKERS; place++) startWorker(place)
    // Adding a job again adds it once, or, where the engine cannot, at least once.
    const addStubbornly = (id: string, data: unknown): Promise<void> =>
      stubbornly(async () => {
        await client.add(data, id)
      })
    const adding = (async () => {
      const slots = Array.from({ length: 16 }, async (_, slot) => {
        for (let job = slot; job < count; job += 16) {
          const id = `job-${job}`
          ids.push(id)
          await addStubbornly(id, (job * 37) % 101)
        }
      })
      await Promise.all(slots)
    })()
    await addStubbornly('poison', 'poison')
    const possible = server.restart ? plan : plan.filter((fault) => fault !== 'cut' && fault !== 'restart')
    for (const [number, fault] of possible.entries()) {
      await progress(count * ((number + 0.5) / (possible.length + 1)))
      const worker = workers[number % WORKERS]!
      note(`${fault}, ${done.size} of ${count} done`)
      await hurt(fault, worker)
    }
    await adding
    await progress(count)
    note('all done')
    // The poisonous one needs some leases to run out.
    for (
      const end = performance.now() + PATIENCE;
      !(await stubbornly(() => client.dead.look('poison')));
      await pause(100)
    ) {
      assert.ok(performance.now() < end, 'the poisonous job never died')
    }
    // What was done without the engine's knowledge comes once more, when its lease is over.
    for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(100)) {
      if (performance.now() - lastEvent > 2 * LEASE) break
    }
    isOver = true
    for (const { child } of workers) child.kill('SIGTERM')
    await Promise.all(workers.map(async ({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    const left = await stubbornly(() => client.pending())
    const pending = left.filter((id) => engine.isUnique || !done.has(id)).length
    const dead = (await stubbornly(() => client.dead.list())).map(({ id }) => id)
    const lost = ids.filter((id) => !done.has(id))
    const judged = judge()
    const strange = new Set([...judged.unexplained, ...lost, ...dead])
    return {
      jobs: count,
      ...judged,
      lost,
      histories: history(strange),
      dead,
      pending,
      milliseconds: performance.now() - begin,
      troubles,
    }
  } finally {
    isOver = true
    for (const { child } of workers) child.kill('SIGKILL')
    await client.close()
    await forwarder?.stop()
    await server.stop()
  }
}
