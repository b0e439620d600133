import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { availableParallelism } from 'node:os'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { diagnosis } from '../../scheduler/checks/diagnosis.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { Pauses, type Backoff } from '../../scheduler/policies/backoff.js'
import { signalName, type Signal } from '../signals/signal-name.js'

/** Options of {@link Cluster} and {@link serve}. */
export interface ClusterOptions {
  /** How many processes: as many as the machine can run at a time, unless given. With 0, this process does the work. */
  workers?: number | undefined
  /** How long a worker that stops may finish what it does before it is killed, in milliseconds: 10,000 unless given. */
  grace?: number | undefined
  /** How long a worker may take until it is ready, in milliseconds: 30,000 unless given. */
  startTimeout?: number | undefined
  /**
   * How long to wait before a worker that has died is replaced: 100 ms at first, twice as much each time, 10 seconds at
   * most, unless given; from the beginning when one has lived for a minute.
   */
  backoff?: number | Backoff | undefined
  /** The signal by which the primary reloads: `'SIGHUP'` unless given; `null` for none. */
  reloadSignal?: Signal | null | undefined
  /** Variables that the workers find in their environment, in addition to those of this process. */
  env?: NodeJS.ProcessEnv | undefined
}

/** The options, each of them set. @internal */
export interface Settings {
  readonly workers: number
  readonly grace: number
  readonly startTimeout: number
  readonly pauses: Pauses
  readonly reloadSignal: NodeJS.Signals | null
  readonly env: NodeJS.ProcessEnv
}

const clusterOptionNames: OptionNames = {
  own: ['workers', 'grace', 'startTimeout', 'backoff', 'reloadSignal', 'env'],
}

/** @throws TypeError, RangeError for what is no option. @internal */
export function settingsOf(options: ClusterOptions | number): Settings {
  const given = typeof options === 'number' ? { workers: options } : options
  if (typeof given !== 'object' || given === null) throw notOptions(options)
  checkOptions(given, clusterOptionNames)
  const { workers = availableParallelism(), grace = 10_000, startTimeout = 30_000, env = {} } = given
  const { reloadSignal = 'SIGHUP', backoff = {} } = given
  if (workers === Infinity) throw notOptions(options)
  checkCount(workers, 'new Cluster({ workers })', 0)
  checkDuration(grace, 'new Cluster({ grace })')
  checkDuration(startTimeout, 'new Cluster({ startTimeout })')
  return {
    workers,
    grace,
    startTimeout,
    pauses: Pauses.of(typeof backoff === 'number' ? backoff : { max: 10_000, ...backoff }, 'new Cluster({ backoff })'),
    reloadSignal: reloadSignal === null ? null : signalName(reloadSignal, 'new Cluster({ reloadSignal })'),
    env,
  }
}

function notOptions(options: unknown): TypeError {
  return badArgument(
    `${diagnosis.publicCall() || 'new Cluster'}(options, main)`,
    '{ workers: 4 } or a number of workers',
    options,
  )
}
