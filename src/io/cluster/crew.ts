import type { AddressInfo } from 'node:net'
import { call } from '../../scheduler/greenlets/call.js'
import { all, race } from '../../scheduler/waits/combinators.js'
import { Event } from '../../scheduler/sync/event.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { Group } from '../../scheduler/groups/group.js'
import { Lock } from '../../scheduler/sync/lock.js'
import { protect } from '../../scheduler/waits/shield.js'
import { sleep } from '../../scheduler/waits/sleep.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { SignalHandler, signalHandler } from '../signals/signal-handler.js'
import { RestartPauses } from '../../scheduler/policies/backoff.js'
import type { Settings } from './options.js'
import type { ClusterStats, Role } from './role.js'
import { WorkerError, WorkerProcess } from './worker-process.js'

/** A worker that has lived for so many milliseconds works: the next restart is as the first. */
const SETTLED = 60_000

/** A place for a worker, in which there is always one that works, as far as that can be had. */
interface Slot {
  readonly number: number
  /** Held by who is about to put another one in. */
  readonly lock: Lock
  worker: WorkerProcess | undefined
  readonly pauses: RestartPauses
}

/** The primary: it starts workers, replaces those that die, and stops them. @internal */
export class Crew implements Role {
  private readonly slots: Slot[]
  private readonly processes = new Set<WorkerProcess>()
  private readonly minders = new Group({ name: 'cluster' })
  private readonly starting = new Lock()
  private readonly reloading = new Lock()
  private readonly stopped = new Event()
  private reloadHandler: SignalHandler | undefined
  private running = false
  private where: AddressInfo | string | null = null
  private restarts = 0
  private reloads = 0

  constructor(private readonly settings: Settings) {
    this.slots = Array.from({ length: settings.workers }, (_, number) => {
      return { number, lock: new Lock(), worker: undefined, pauses: new RestartPauses(settings.pauses, SETTLED) }
    })
    this.stopped.set()
  }

  *start(): Coroutine<void> {
    using _permit = yield* this.starting.acquire()
    if (this.running) return
    this.running = true
    this.stopped.clear()
    let started = false
    try {
      yield* all(this.slots.map((slot) => call(() => this.hire(slot))))
      for (const slot of this.slots) yield* this.minders.spawn(() => this.mind(slot))
      started = true
    } finally {
      if (!started) yield* protect(() => this.stop(0))
    }
    this.listenForReload()
  }

  *last(): Coroutine<void> {
    yield* this.stopped.wait()
  }

  *stop(grace: number): Coroutine<void> {
    this.running = false
    this.reloadHandler?.cancel()
    yield* this.minders.kill()
    const left = [...this.processes]
    for (const worker of left) worker.stop(grace)
    for (const worker of left) yield* worker.wait()
    for (const slot of this.slots) slot.worker = undefined
    this.where = null
    this.stopped.set()
  }

  // One after the other, so that there are never fewer that work than there are to be.
  *reload(): Coroutine<void> {
    using _permit = yield* this.reloading.acquire()
    const before: WorkerProcess[] = []
    for (const slot of this.slots) {
      using _turn = yield* slot.lock.acquire()
      if (slot.worker !== undefined) before.push(slot.worker)
      yield* this.hire(slot)
    }
    for (const worker of before) yield* worker.wait()
    this.reloads++
  }

  address(): AddressInfo | string | null {
    return this.where
  }

  stats(): ClusterStats {
    const { restarts, reloads } = this
    const now = thread.hub.now()
    const processes = Array.from(this.processes, ({ number, pid, state, startedAt }) => {
      return { number, pid, state, uptime: now - startedAt }
    })
    const ready = processes.filter(({ state }) => state === 'ready').length
    return { workers: this.slots.length, ready, restarts, reloads, processes }
  }

  // Puts a new one in, and has the old one stop when the new one is ready.
  private *hire(slot: Slot): Coroutine<void> {
    const { startTimeout, grace, env } = this.settings
    this.checkRunning()
    const worker = new WorkerProcess(slot.number, env, this.forget)
    this.processes.add(worker)
    let hired = false
    try {
      yield* worker.ready(startTimeout)
      this.checkRunning()
      hired = true
    } finally {
      if (!hired) worker.kill()
    }
    // When all have died the address may be another one.
    this.where = worker.address ?? this.where
    const before = slot.worker
    slot.worker = worker
    before?.replaced.set()
    before?.stop(grace)
  }

  private checkRunning(): void {
    if (!this.running) throw new WorkerError('the cluster is not running', undefined, null, null)
  }

  private readonly forget = (worker: WorkerProcess): void => {
    this.processes.delete(worker)
  }

  private *mind(slot: Slot): Coroutine<void> {
    for (;;) {
      const worker = slot.worker!
      const end = yield* race([worker.wait(), worker.replaced.wait()])
      if (slot.worker === worker) yield* this.replace(slot, worker, end as WorkerError)
    }
  }

  private *replace(slot: Slot, dead: WorkerProcess, reason: WorkerError): Coroutine<void> {
    slot.pauses.ended(thread.hub.now() - dead.startedAt)
    for (let error = reason; ;) {
      yield* sleep(slot.pauses.next())
      using _permit = yield* slot.lock.acquire()
      // A reload was faster.
      if (slot.worker !== dead) return
      thread.hub.platform.report(`Cluster: ${error.message}; another one takes its place.`)
      this.restarts++
      try {
        yield* this.hire(slot)
        return
      } catch (raised) {
        if (!(raised instanceof WorkerError)) throw raised
        error = raised
      }
    }
  }

  private listenForReload(): void {
    const { reloadSignal } = this.settings
    if (reloadSignal === null) return
    this.reloadHandler = signalHandler(reloadSignal, () => this.reloadBySignal())
  }

  private *reloadBySignal(): Coroutine<void> {
    // The one that waits for its turn will start the program as it is then.
    if (this.reloading.stats().waiting > 0) return
    try {
      yield* this.reload()
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error
      if (!this.running) return
      thread.hub.platform.report(`Cluster: reload failed, the old workers keep running: ${error.message}.`)
    }
  }
}
