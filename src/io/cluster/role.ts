import type { AddressInfo } from 'node:net'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { WorkerState } from './worker-process.js'

/** How a {@link Cluster} stands. */
export interface ClusterStats {
  /** How many workers there are to be. */
  workers: number
  /** How many of them are ready. */
  ready: number
  /** How many were replaced because they had died. */
  restarts: number
  /** How many times all of them were replaced by `reload`. */
  reloads: number
  /** All that have not ended. `uptime` is milliseconds. */
  processes: { number: number; pid: number | undefined; state: WorkerState; uptime: number }[]
}

/** The role of a process in a cluster: the work, or to look after those who do it. @internal */
export interface Role {
  start(): Coroutine<void>
  /** Lasts until it is stopped. */
  last(): Coroutine<void>
  stop(grace: number): Coroutine<void>
  reload(): Coroutine<void>
  address(): AddressInfo | string | null
  stats(): ClusterStats
}
