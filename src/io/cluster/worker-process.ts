import type { Address, Worker } from 'node:cluster'
import type { AddressInfo } from 'node:net'
import { AsyncResult } from '../../scheduler/sync/async-result.js'
import { nameError } from '../../scheduler/checks/errors.js'
import { Event } from '../../scheduler/sync/event.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Timer } from '../../scheduler/kernel/timers.js'
import { isToPrimary, type ToWorker } from './messages.js'
import { NUMBER, nodeCluster } from './node-cluster.js'

/** How much longer than its grace, in milliseconds, a worker is given to take its leave. */
const MARGIN = 1000

/** Where a worker stands. */
export type WorkerState = 'starting' | 'ready' | 'stopping' | 'ended'

/** A worker of a cluster ended, or was not ready in time. */
export class WorkerError extends Error {
  declare readonly name: 'WorkerError'
  declare readonly code: 'GVENT_WORKER'

  /** For tests of what handles it; a cluster makes its own. */
  constructor(
    message: string,
    /** The process that ended, `undefined` if it never started. */
    readonly pid: number | undefined,
    /** Its exit status, if it has ended by itself. */
    readonly exitCode: number | null,
    /** The signal that ended it, if one did. */
    readonly signal: string | null,
  ) {
    super(message)
  }
}
nameError(WorkerError, 'WorkerError', 'GVENT_WORKER')

/** A worker as the primary sees it. @internal */
export class WorkerProcess {
  state: WorkerState = 'starting'
  /** Where it listens first. */
  address: AddressInfo | string | null = null
  /** When it was started, in milliseconds of the hub's clock. */
  readonly startedAt: number = thread.hub.now()
  /** Set when another one has taken its place. */
  readonly replaced: Event = new Event()
  private readonly worker: Worker
  private readonly readiness = new AsyncResult()
  private readonly end = new AsyncResult<WorkerError>()
  private readonly limit: Timer<WorkerProcess> = new Timer<WorkerProcess>(killProcess, this)

  constructor(
    /** Its place among the workers, from 0. */
    readonly number: number,
    env: NodeJS.ProcessEnv,
    private readonly onEnd: (worker: WorkerProcess) => void,
  ) {
    this.worker = nodeCluster().fork({ ...env, [NUMBER]: String(number) })
    this.worker
      .on('listening', (address) => {
        this.address ??= addressOf(address)
        this.becomeReady()
      })
      .on('message', (message: unknown) => {
        if (!isToPrimary(message)) return
        if (message.gvent === 'ready') this.becomeReady()
        else this.send({ gvent: 'bye' })
      })
      .on('exit', (code, signal) => {
        this.ended(code, signal)
      })
      .on('error', () => {
        // A message that cannot be sent any more; but a process that was never started has no other end.
        if (this.pid === undefined) this.ended(null, null)
      })
  }

  get pid(): number | undefined {
    return this.worker.process.pid
  }

  /** Waits until it does what it is there for. @throws WorkerError when it ends before, or takes too long. */
  *ready(timeout: number): Coroutine<void> {
    const isReady = yield* this.readiness.wait({ timeout })
    if (!isReady) throw new WorkerError(`${this.toString()} was not ready within ${timeout} ms`, this.pid, null, null)
    yield* this.readiness
  }

  /** Waits for its end. */
  wait(): Operation<WorkerError> {
    return this.end
  }

  /** Has it take no more work and finish what it has, within `grace` milliseconds. One that has not begun is killed. */
  stop(grace: number): void {
    if (this.state === 'ended') return
    if (this.state === 'starting') this.kill()
    else this.send({ gvent: 'stop', grace })
    this.state = 'stopping'
    thread.hub.stopTimer(this.limit)
    thread.hub.startTimer(this.limit, grace + MARGIN)
  }

  kill(): void {
    if (this.state !== 'ended') this.worker.process.kill('SIGKILL')
  }

  toString(): string {
    return `worker ${this.number} (pid ${this.pid ?? 'none'})`
  }

  private becomeReady(): void {
    if (this.state !== 'starting') return
    this.state = 'ready'
    this.readiness.set()
  }

  private ended(exitCode: number | null, signal: string | null): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    thread.hub.stopTimer(this.limit)
    const how = signal === null ? `with status ${exitCode}` : `by ${signal}`
    const what = exitCode === null && signal === null ? 'could not be started' : `ended ${how}`
    if (!this.readiness.ready) {
      const text = `${this.toString()} ${what} before it was ready`
      this.readiness.setError(new WorkerError(text, this.pid, exitCode, signal))
    }
    this.end.set(new WorkerError(`${this.toString()} ${what}`, this.pid, exitCode, signal))
    this.onEnd(this)
  }

  private send(message: ToWorker): void {
    if (this.worker.isConnected()) this.worker.process.send(message, ignore)
  }
}

function ignore(): void {
  // It has just ended, which is reported by other means.
}

function killProcess(worker: WorkerProcess): void {
  worker.kill()
}

function addressOf({ address, port, addressType }: Address): AddressInfo | string {
  if (addressType === -1) return address
  // Node has null there for all interfaces.
  const host = (address as string | null) ?? '::'
  return { address: host, port, family: addressType === 6 || addressType === 'udp6' ? 'IPv6' : 'IPv4' }
}
