import { attach, type AttachOptions, type Presence } from './attach.js'
import { clusterWorkersOf } from './cluster-workers.js'
import { AttachError, type Connection } from './connection.js'

/** A thread that uses gvent: the main one of a process, a worker thread, one of a worker of the cluster. */
export interface WatchedThread {
  readonly pid: number
  /** How it is called among the others: `main`, `[worker 1]`, `cluster worker 4711`. */
  readonly title: string
  ask(method: string, parameters?: unknown, timeout?: number): Promise<unknown>
}

/** Milliseconds until a thread is left out that does not answer. */
const ANSWER = 10_000

/** The threads of a process and those of the workers of its cluster, reached by connections that last. */
export class WatchedThreads {
  private readonly connections: Map<number, Connection>

  private constructor(
    private readonly pid: number,
    /** The connection to the process itself. */
    readonly main: Connection,
    private readonly options: AttachOptions,
  ) {
    this.connections = new Map([[pid, main]])
  }

  /** @throws AttachError when the process cannot be looked into. */
  static async open(pid: number, options: AttachOptions): Promise<WatchedThreads> {
    return new WatchedThreads(pid, await attach(pid, options), options)
  }

  /** Returns those that there are now, the main thread first. One that cannot be reached is left out, and that is said. */
  async list(): Promise<WatchedThread[]> {
    for (const worker of clusterWorkersOf(this.pid)) {
      if (this.connections.has(worker)) continue
      const connection = await attach(worker, this.options).catch((error: unknown) => this.sayWhy(error))
      if (connection === undefined) continue
      this.connections.set(worker, connection)
      void connection.ended.then(() => this.connections.delete(worker))
    }
    const found = await Promise.all(Array.from(this.connections, (entry) => this.threadsOf(...entry)))
    return found.flat()
  }

  /**
   * Does something with all threads at the same time. One with which it fails is left out, and that is said, unless it is the
   * main thread.
   */
  async each<T>(work: (thread: WatchedThread) => Promise<T>): Promise<[main: T, others: T[]]> {
    const [main, ...others] = await this.list()
    const [first, rest] = await Promise.all([
      work(main!),
      Promise.all(others.map((thread) => work(thread).catch((error: unknown) => this.sayWhy(error)))),
    ])
    return [first, rest.filter((result) => result !== undefined)]
  }

  private async threadsOf(pid: number, connection: Connection): Promise<WatchedThread[]> {
    const title = pid === this.pid ? 'main' : `cluster worker ${pid}`
    const threads = (await connection.threads().catch((error: unknown) => this.sayWhy(error))) ?? []
    const uses = await Promise.all(threads.map((thread) => this.usesGvent(thread)))
    const workers = threads.filter((_, index) => uses[index])
    return [
      { pid, title, ask: (...question) => connection.ask(...question) },
      ...workers.map((thread): WatchedThread => ({
        pid,
        title: pid === this.pid ? thread.title : `${title} ${thread.title}`,
        ask: (...question) => thread.ask(...question),
      })),
    ]
  }

  private async usesGvent(thread: Pick<Connection, 'ask'>): Promise<boolean> {
    try {
      return ((await thread.ask('presence', undefined, ANSWER)) as Presence).copies > 0
    } catch (error) {
      this.sayWhy(error)
      return false
    }
  }

  /** Says why a thread is left out. @throws what is no reason for that. */
  private sayWhy(error: unknown): undefined {
    if (!(error instanceof AttachError)) throw error
    this.options.say(`gvent: ${error.message}`)
  }

  /** Leaves all processes as they were found. */
  async close(): Promise<void> {
    for (const connection of this.connections.values()) await connection.close()
  }
}
