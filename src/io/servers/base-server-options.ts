import type { OptionNames } from '../../scheduler/checks/check-options.js'
import type { Pool } from '../../scheduler/groups/pool.js'
import type { WorkStats } from '../net/work-source.js'

/** Options of every server: how many handlers run, beside where it listens. */
export interface BaseServerOptions {
  /**
   * The most handlers that run at a time: a number, or a `Pool`, which other servers and other greenlets may use too.
   * There is no limit unless given. When no more fit in, the server accepts no more.
   */
  spawn?: Pool | number | undefined
}

/** Options of {@link BaseServer.stop}. */
export interface StopOptions {
  /** The time in which handlers may finish before they are killed, in milliseconds: 1,000 unless given. */
  timeout?: number | undefined
}

/** A snapshot of a server, for monitoring and tests. */
export interface BaseServerStats extends WorkStats {
  /** Whether it gives what comes in to handlers. */
  accepting: boolean
  /** Handlers that run, or wait for a place. */
  handling: number
  /** The most that may run. */
  maxHandling: number
  /** Handlers that have ended. */
  handled: number
  /** The number of handlers that ended with an error that was reported. */
  failed: number
}

/** A subclass of the program's own takes others, too. @internal */
export const baseServerOptionNames: OptionNames = { own: ['spawn'], platform: [] }
