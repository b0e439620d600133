import type { AddressInfo } from 'node:net'
import { AsyncResult } from '../../scheduler/sync/async-result.js'
import { call } from '../../scheduler/greenlets/call.js'
import { all, race } from '../../scheduler/waits/combinators.js'
import { joinAll } from '../../scheduler/waits/join.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { protect } from '../../scheduler/waits/shield.js'
import { suspend } from '../../scheduler/waits/suspend.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { withTimeout } from '../../scheduler/waits/with-timeout.js'
import { BaseServer } from '../servers/base-server.js'
import { listenTo } from '../signals/delivery.js'
import { isToWorker, type ToPrimary } from './messages.js'
import { NUMBER } from './node-cluster.js'
import type { Settings } from './options.js'
import type { ClusterStats, Role } from './role.js'

/** How long, in milliseconds, the primary may take to say that no connection will come any more. */
const GOODBYE = 1000

/** The worker that the work runs in. */
export interface ClusterWorker {
  /** Its number among the workers, from 0. */
  readonly number: number
  /** Says that it does what it is there for, where that cannot be seen: it neither listens nor returns a server. */
  ready(): void
}

/** The work of every worker of a cluster: it returns its server, or several, or lasts until it is killed. */
export type ClusterMain = (worker: ClusterWorker) => unknown

/** A process that does the work: a worker, or one that is a cluster by itself. @internal */
export class Member implements Role {
  private readonly number: number
  private readonly startedAt = thread.hub.now()
  private readonly hasPrimary: boolean
  private servers: BaseServer<unknown>[] = []
  private greenlet: Greenlet | null = null
  private ready = new AsyncResult()
  private grace: number

  constructor(
    private readonly settings: Settings,
    private readonly main: ClusterMain,
  ) {
    const number = process.env[NUMBER]
    // What this process starts itself is none of the cluster.
    Reflect.deleteProperty(process.env, NUMBER)
    this.hasPrimary = number !== undefined && process.connected
    this.number = Number(number ?? 0)
    this.grace = settings.grace
  }

  *start(): Coroutine<void> {
    const greenlet = this.begin()
    yield* race([this.ready, greenlet])
  }

  *last(): Coroutine<void> {
    // Being told to stop is no error.
    yield* joinAll([this.begin()], { raiseError: true })
  }

  *stop(grace: number): Coroutine<void> {
    const { greenlet } = this
    if (greenlet === null) return
    this.grace = grace
    yield* greenlet.kill()
  }

  *reload(): Coroutine<void> {
    throw misuse(
      new Error('cluster.reload(): this process is a worker; call it in the primary, see cluster.isPrimary'),
      'GVENT_NOT_PRIMARY',
    )
  }

  address(): AddressInfo | string | null {
    return this.servers[0]?.address() ?? null
  }

  stats(): ClusterStats {
    const { number, settings, greenlet, ready } = this
    const state = greenlet === null ? 'ended' : ready.ready ? 'ready' : 'starting'
    const uptime = thread.hub.now() - this.startedAt
    const processes = [{ number, pid: process.pid, state, uptime } as const]
    return { workers: settings.workers, ready: state === 'ready' ? 1 : 0, restarts: 0, reloads: 0, processes }
  }

  private begin(): Greenlet {
    if (this.greenlet !== null) return this.greenlet
    this.ready = new AsyncResult()
    const greenlet = new Greenlet(() => this.work())
    greenlet.name = `cluster worker ${this.number}`
    this.greenlet = greenlet.start()
    return greenlet
  }

  private *work(): Coroutine<void> {
    const leave = this.hasPrimary ? this.obey() : undefined
    try {
      const worker: ClusterWorker = { number: this.number, ready: () => this.becomeReady() }
      this.servers = serversOf(yield* call(this.main, worker))
      for (const server of this.servers) yield* server.start()
      if (this.servers.length === 0) return
      this.becomeReady()
      yield* all(this.servers.map((server) => server.untilStopped()))
    } finally {
      yield* protect(() => this.end())
      this.greenlet = null
      leave?.()
    }
  }

  private *end(): Coroutine<void> {
    const { grace, servers } = this
    yield* all(servers.map((server) => server.stop({ timeout: grace })))
    if (this.hasPrimary && process.connected) yield* this.sayGoodbye()
  }

  private becomeReady(): void {
    if (this.ready.ready) return
    this.ready.set()
    this.tell({ gvent: 'ready' })
  }

  // The primary hands out connections. One that is on its way to a process that has ended would be lost; one that comes
  // to a server that listens no more goes back to the primary, as long as somebody is there to send it.
  private *sayGoodbye(): Coroutine<void> {
    const heard = suspend((resolve) => {
      const listener = (message: unknown): void => {
        if (isToWorker(message) && message.gvent === 'bye') resolve()
      }
      process.on('message', listener).on('disconnect', resolve)
      this.tell({ gvent: 'closed' })
      return () => process.off('message', listener).off('disconnect', resolve)
    })
    yield* withTimeout(GOODBYE, heard, { value: undefined })
  }

  private tell(message: ToPrimary): void {
    if (this.hasPrimary && process.connected) process.send!(message, undefined, undefined, ignore)
  }

  /** Does what the primary says, and leaves the signal for a reload to it. @returns a function that ends that. */
  private obey(): () => void {
    const { reloadSignal } = this.settings
    const listener = (message: unknown): void => {
      if (!isToWorker(message) || message.gvent !== 'stop') return
      this.grace = message.grace
      if (this.greenlet !== null) this.greenlet.kill()
    }
    process.on('message', listener)
    const unlisten = reloadSignal === null ? undefined : listenTo(reloadSignal, ignore, 'named')
    return () => {
      process.off('message', listener)
      unlisten?.()
      // Nothing more comes, and so it keeps the process no more.
      process.channel?.unref()
    }
  }
}

function ignore(): void {
  // It concerns the primary, or nobody any more.
}

function serversOf(result: unknown): BaseServer<unknown>[] {
  const list: unknown[] = Array.isArray(result) ? result : [result]
  return list.filter((each): each is BaseServer<unknown> => each instanceof BaseServer)
}
