import type { WaitOptions } from '../kernel/wait-options.js'
import type { RetryPolicy } from '../policies/retry.js'

/** Which children are restarted when one has to be. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne'

/** When a child is restarted. */
export type RestartType = 'permanent' | 'transient' | 'temporary'

/** The argument of `onFailure` of `supervise`. */
export interface ChildFailure {
  /** The name of the child. */
  readonly child: string
  /** The error that it ended with. */
  readonly error: unknown
  /** How often it was restarted, this time included. */
  readonly restarts: number
  /** In how many milliseconds it is restarted; `undefined` if it is not. */
  readonly delay: number | undefined
}

/** A child of `supervise`. */
export interface ChildOptions {
  /** For reports; by default the name of the function. */
  name?: string | undefined
  /** The work, as for `spawn`; called again for every restart. */
  run: () => unknown
  /**
   * When it is started again after it ended: `transient` (the default) after an error; `permanent` always; `temporary`
   * never. To be killed is not an error.
   */
  restart?: RestartType | undefined
  /**
   * How many milliseconds it may take to clean up when it is stopped; 5000 by default. After that its cleanup is
   * interrupted by a second `GreenletExit`.
   */
  shutdown?: number | undefined
}

/** How `supervise` goes about it: a {@link RetryPolicy}, and what is special to children. */
export interface SuperviseOptions extends RetryPolicy, WaitOptions {
  /**
   * Which children are restarted when one has to be: `oneForOne` (the default) that child; `oneForAll` all children;
   * `restForOne` that child and those that were started after it.
   */
  strategy?: Strategy | undefined
  /** How many restarts there may be within `period`; 1 by default, or one less than `attempts`. */
  intensity?: number | undefined
  /** Milliseconds; 5000 by default. */
  period?: number | undefined
  /**
   * How long to wait before a restart: that much at first and more each time, until the child has run for as long as
   * `period`. A number is the first pause in milliseconds. Without it a child is restarted at once.
   */
  backoff?: RetryPolicy['backoff']
  /**
   * Returns whether to restart a child after this error; always by default. If not, the supervisor gives up.
   *
   * @param attempt the number of the run of that child which failed, counted from 1.
   */
  while?: RetryPolicy['while']
  /** Called for each child that ended with an error; by default the error is printed on stderr. */
  onFailure?: ((failure: ChildFailure) => void) | undefined
}

/** Options with their defaults filled in. @internal */
export type Complete<O> = { [K in keyof O]-?: Exclude<O[K], undefined> }
