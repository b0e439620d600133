import type { AddressInfo } from 'node:net'
import { call } from '../../scheduler/greenlets/call.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { checkWaitOptions, waitOptionNames } from '../../scheduler/kernel/wait-options.js'
import { protect } from '../../scheduler/waits/shield.js'
import { run } from '../../scheduler/groups/run.js'
import type { StopOptions } from '../servers/base-server-options.js'
import { Crew } from './crew.js'
import { Member, type ClusterMain } from './member.js'
import { nodeCluster } from './node-cluster.js'
import { settingsOf, type ClusterOptions, type Settings } from './options.js'
import type { ClusterStats, Role } from './role.js'

let only: Cluster | undefined

/**
 * The same servers in several processes, to use more than one core.
 *
 * ```ts
 * const cluster = new Cluster({ workers: 4 }, () => new HTTPServer({ port: 8080 }, handler))
 * await run(() => cluster.serveForever())
 * ```
 *
 * This process, the primary, starts the workers, which run the whole program again, from its first line; in them the
 * cluster does not start others but calls `main`. Whatever listens there at the same address shares it: the primary
 * accepts, and gives the connections to the workers in turn. (`node:cluster`.) They share nothing else.
 *
 * A worker that dies is replaced, after a delay that grows while its successors die, too. While none is left nobody
 * listens: take two at least. {@link Cluster.reload}, or
 * SIGHUP, replaces all of them, one after the other, by new ones that run the program as it is by then, and no
 * connection is lost. When the cluster stops, by {@link Cluster.stop} or since its greenlet was killed, which SIGTERM
 * does under `run`, they all stop gracefully. When the primary dies they die, too.
 */
export class Cluster {
  private readonly settings: Settings
  private readonly role: Role
  /** Whether this process looks after workers, and does none of the work itself. */
  readonly isPrimary: boolean

  /**
   * @param options how many workers, and how long they may take; in short the number.
   * @param main what each worker does. It returns a server, or an array of servers, which the cluster starts and stops;
   *   or it does that itself and lasts: `function* () { yield* server.serveForever() }`. It is killed to stop it then.
   * @throws Error when there is one already in this program, since every worker would run both.
   */
  constructor(options: ClusterOptions | number, main: ClusterMain) {
    this.settings = settingsOf(options)
    if (typeof main !== 'function') {
      throw badArgument(
        'new Cluster(options, main)',
        'a function',
        main,
        'write new Cluster({ workers: 4 }, () => new HTTPServer(…))',
      )
    }
    if (only !== undefined) {
      throw misuse(
        new Error(
          'new Cluster(): this program has one already, and each worker would run both; return several servers from one main',
        ),
        'GVENT_SECOND_CLUSTER',
      )
    }
    this.isPrimary = this.settings.workers > 0 && nodeCluster().isPrimary
    this.role = this.isPrimary ? new Crew(this.settings) : new Member(this.settings, main)
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the one of this program
    only = this
  }

  /**
   * Starts it. On one that has started it does nothing.
   *
   * @returns the cluster, in the primary when all workers are ready: when they listen, or have said so. In a worker
   *   when `main` has returned its servers and they have started.
   * @throws WorkerError when a worker ends before it is ready, or takes longer than `startTimeout`: the others are
   * stopped.
   * Cancel safety: a kill or timeout stops it again.
   */
  start(): Operation<this> {
    const start = function* (this: void, cluster: Cluster): Coroutine<Cluster> {
      yield* cluster.role.start()
      return cluster
    }
    return call(start, this) as Operation<this>
  }

  /**
   * Stops it: each worker stops to listen, finishes what it does, and ends; who takes longer than `timeout` is killed.
   * In a worker it stops that one.
   *
   * @param options `timeout`: milliseconds; `grace` unless given.
   * Cancel safety: once begun, it continues even if the wait is cancelled.
   */
  stop(options: StopOptions = {}): Operation<void> {
    checkWaitOptions(options, waitOptionNames)
    const { timeout = this.settings.grace } = options
    checkDuration(timeout, 'stop({ timeout })')
    return protect(() => this.role.stop(timeout))
  }

  /**
   * Starts, and lasts until it is stopped.
   *
   * @throws what `main` raises, in a worker; WorkerError as {@link Cluster.start}.
   * Cancel safety: a kill or timeout stops it, with its usual grace.
   */
  serveForever(): Operation<void> {
    const serveForever = (): Coroutine<void> => this.serve()
    return call(serveForever)
  }

  /**
   * Replaces all workers, one after the other: a new one is started, and when it is ready the old one takes no more
   * connections, finishes what it does within the `grace`, and ends.
   *
   * @returns an operation that ends when the last of the old ones has ended.
   * @throws WorkerError when a new one ends before it is ready: the old one goes on, and so do the ones after it. Error
   *   in a process that is not the primary.
   * Cancel safety: a worker that was being started is given up; those that were replaced stay so.
   */
  reload(): Operation<void> {
    const reload = (): Coroutine<void> => this.role.reload()
    return call(reload)
  }

  /** Where it listens, as Node's `server.address()`; of several addresses the first. */
  address(): AddressInfo | string | null {
    return this.role.address()
  }

  /** How it stands: for monitoring and tests. A worker knows of itself only. */
  stats(): ClusterStats {
    return this.role.stats()
  }

  /** Stops it, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private *serve(): Coroutine<void> {
    if (this.isPrimary) yield* this.role.start()
    try {
      yield* this.role.last()
    } finally {
      yield* protect(() => this.role.stop(this.settings.grace))
    }
  }
}

/**
 * Runs the same servers in several processes, until SIGINT (Ctrl-C) or SIGTERM, after
 * which all finish what they do. SIGHUP reloads them.
 *
 * ```ts
 * await serve({ workers: 4 }, () => new HTTPServer({ port: 8080 }, handler))
 * ```
 *
 * It is `run(() => new Cluster(options, main).serveForever())`; see {@link Cluster}.
 *
 * @param options how many workers, and how long they may take; in short the number.
 * @param main what each worker does: returns a server, or several, or lasts.
 * @returns a promise that resolves when all of them have stopped.
 * @throws WorkerError when a worker ends before it is ready at the first start.
 */
export function serve(options: ClusterOptions | number, main: ClusterMain): Promise<void> {
  const cluster = new Cluster(options, main)
  return run(() => cluster.serveForever())
}
