import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import type { AddressInfo } from 'node:net'
import { call } from '../../scheduler/greenlets/call.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { Event } from '../../scheduler/sync/event.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { showAs } from '../../scheduler/checks/node-inspect.js'
import { Lock } from '../../scheduler/sync/lock.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { checkWaitOptions, waitOptionNames } from '../../scheduler/kernel/wait-options.js'
import { protect } from '../../scheduler/waits/shield.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { withTimeout } from '../../scheduler/waits/with-timeout.js'
import { formatAddress, parseAddress, type Address } from '../net/address.js'
import type { WorkSource, WorkStats } from '../net/work-source.js'
import { acceptFrom } from './accepting.js'
import {
  baseServerOptionNames,
  type BaseServerOptions,
  type BaseServerStats,
  type StopOptions,
} from './base-server-options.js'
import { Handlers } from './handlers.js'

/**
 * The time, in milliseconds, for which `stop()` lets handlers finish unless given another. (gevent's `stop_timeout`.)
 */
const GRACE = 1000

const NOTHING_YET: WorkStats = { accepted: 0, waiting: 0, dropped: 0 }

/**
 * The part that all servers share: they take in connections or whatever else there is to serve, run handlers in
 * greenlets, and stop gracefully.
 *
 * A subclass says where its work comes from, in {@link BaseServer.open}, and what becomes of it, in
 * {@link BaseServer.admit}; it starts handlers with {@link BaseServer.startHandler}. (gevent:
 * `gevent.baseserver.BaseServer`.)
 */
export abstract class BaseServer<T, O extends BaseServerOptions = BaseServerOptions> {
  private readonly options: O
  private readonly handlers: Handlers
  private readonly starting = new Lock()
  private readonly stopped = new Event()
  private source: WorkSource<T> | null = null
  private acceptor: Greenlet | null = null
  private stopping = false
  private handled = 0
  private failed = 0

  /**
   * @param options where it listens, and how many handlers may run: `spawn`. In short a port, `'host:port'` or a path.
   * @throws TypeError when they cannot be meant.
   */
  constructor(options: O | Address) {
    const name = `new ${this.constructor.name}(options)`
    const isPlace = typeof options === 'object' && options !== null && !Array.isArray(options)
    this.options = isPlace ? this.readOptions(options) : (parseAddress(options as Address, name) as O)
    this.handlers = new Handlers(this.options.spawn, this, (handler) => {
      this.handlerEnded(handler)
    })
    this.stopped.set()
  }

  /** The options of its constructor. @internal */
  protected get optionNames(): OptionNames {
    return baseServerOptionNames
  }

  /** Checks options, or makes them of what stands for them. @internal */
  protected readOptions(options: O): O {
    checkOptions(options, this.optionNames, this)
    return options
  }

  /** Opens what the server takes its work from. */
  protected abstract open(options: O): Operation<WorkSource<T>>

  /**
   * Passes an accepted connection to its handler; waits while there is no place for a handler. If it is given up,
   * what was accepted is taken back, and comes first the next time.
   */
  protected abstract admit(item: T): Operation<unknown>

  /** Asks handlers to come to an end, when the server stops: to close connections that are idle, say. */
  protected drain(): void {
    // There is no way to ask any handler whatever.
  }

  /**
   * Starts to listen and to accept. On one that has started it does nothing.
   *
   * @returns the server.
   * @throws Node's error when it cannot listen there: `EADDRINUSE`, `EACCES`, …
   * Cancel safety: a kill or timeout stops it again.
   */
  start(): Operation<this> {
    const start = (): Coroutine<this> => this.begin()
    return call(start)
  }

  /**
   * Stops: listens no more; lets handlers finish, also those of what has come in and waits for a place; kills those
   * that are still running after `timeout`; and is done when nothing is left. A second `stop` meanwhile may be in more
   * of a hurry. After that it can be started again.
   *
   * Cancel safety: once begun, it continues even if the wait is cancelled.
   */
  stop(options: StopOptions = {}): Operation<void> {
    checkWaitOptions(options, waitOptionNames)
    const { timeout = GRACE } = options
    checkDuration(timeout, 'stop({ timeout })')
    const stop = (): Greenlet<void> => {
      // A greenlet of its own, because a handler may be the one that stops the server; shielded, because a program that
      // kills all its greenlets must not be left with a server that is stopping for ever.
      const greenlet = spawn(() => protect(() => this.end(timeout)))
      greenlet.name = `${this.toString()}.stop`
      return greenlet
    }
    return call(stop)
  }

  /**
   * Starts, and waits until it is stopped.
   *
   * Cancel safety: a kill or timeout stops it, with the usual grace.
   */
  serveForever(): Operation<void> {
    const serveForever = (): Coroutine<void> => this.serve()
    return call(serveForever)
  }

  /** Waits until it is stopped. @internal */
  untilStopped(): Operation<boolean> {
    return this.stopped.wait()
  }

  /**
   * Where it listens, as Node's `server.address()`: `{ address, family, port }`, the path of a Unix socket, or `null`
   * when it does not listen.
   */
  address(): AddressInfo | string | null {
    return this.source === null || this.source.closed ? null : this.source.address()
  }

  /** Goes on accepting after {@link BaseServer.stopAccepting}. `start` does that too. */
  startAccepting(): void {
    const { source } = this
    if (source === null || this.stopping || this.isAccepting) return
    const acceptor = spawn(() => acceptFrom(source, this.handlers, (item) => this.admit(item), this))
    acceptor.name = `${this.toString()}.accept`
    this.acceptor = acceptor
  }

  /**
   * Accepts no more for now, but goes on listening: what comes in waits. Handlers go on.
   */
  stopAccepting(): void {
    const { acceptor } = this
    this.acceptor = null
    if (acceptor !== null) acceptor.kill()
  }

  /** A snapshot for monitoring and tests. */
  stats(): BaseServerStats {
    const { source, handlers, handled, failed } = this
    const accepting = this.isAccepting && !source!.closed
    return {
      ...(source?.stats() ?? NOTHING_YET),
      accepting,
      handling: handlers.size,
      maxHandling: handlers.most,
      handled,
      failed,
    }
  }

  /** Stops it, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return `<${this.constructor.name} ${formatAddress(this.address())}>`
  }

  /**
   * Starts a handler, when there is a place for it. If that is given up it never runs.
   * @returns an operation that gives `false` if the handler could not be started, and has ended with an error.
   */
  protected startHandler(handler: Greenlet): Operation<unknown> {
    return this.handlers.startHandler(handler)
  }

  /**
   * Starts a handler of what comes in by an event, where nobody can wait: while there is no place, the handler does.
   */
  protected admitHandler(handler: Greenlet): void {
    this.handlers.admitHandler(handler)
  }

  /** Called when a handler has ended. */
  protected handlerEnded(handler: Greenlet): void {
    this.handled++
    if (handler.failure?.observers === 0) this.failed++
  }

  /** Waits, when the server stops, for what has begun. */
  protected *finish(): Coroutine<void> {
    if (this.acceptor !== null) yield* this.acceptor.join()
    yield* this.handlers.join()
  }

  /** Closes what handlers leave behind, when the server has stopped and none is left. */
  protected *closeAll(): Coroutine<void> {
    // Handlers close their connections.
  }

  /** Whether `stop` was called and is not done. */
  protected get isStopping(): boolean {
    return this.stopping
  }

  // A program that kills all its greenlets kills the accepting one, too.
  private get isAccepting(): boolean {
    return this.acceptor !== null && !this.acceptor.dead
  }

  private *begin(): Coroutine<this> {
    const permit = yield* this.starting.acquire()
    try {
      if (this.stopping) yield* this.stopped.wait()
      if (this.stopped.isSet) {
        this.source = yield* this.open(this.options)
        this.stopped.clear()
      }
      this.startAccepting()
      return this
    } finally {
      permit[Symbol.dispose]()
    }
  }

  private *end(timeout: number): Coroutine<void> {
    // One that is starting has to be let finish first.
    const permit = yield* this.starting.acquire()
    permit[Symbol.dispose]()
    const { source, handlers } = this
    if (this.stopped.isSet) return
    const begun = thread.hub.now()
    if (!this.stopping) {
      this.stopping = true
      // Half of the time is left to those who come in last. Under a load that never pauses there are ever more of them.
      yield* withTimeout(timeout / 2, () => source!.settle(), { value: undefined })
      source!.refuse()
      this.drain()
    }
    const finishing = spawn(() => this.finish())
    finishing.name = `${this.toString()}.finish`
    yield* finishing.join({ timeout: Math.max(0, timeout - (thread.hub.now() - begun)) })
    yield* finishing.kill()
    const { acceptor } = this
    this.stopAccepting()
    source!.close()
    if (acceptor !== null) yield* acceptor.join()
    yield* handlers.kill()
    yield* this.closeAll()
    this.stopping = false
    this.stopped.set()
  }

  private *serve(): Coroutine<void> {
    yield* this.begin()
    try {
      yield* this.stopped.wait()
    } finally {
      yield* this.stop()
    }
  }
}
showAs(BaseServer, String)
