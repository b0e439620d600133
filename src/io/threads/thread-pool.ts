import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { call } from '../../scheduler/greenlets/call.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { GroupStats } from '../../scheduler/groups/group.js'
import type { NamedOptions } from '../../scheduler/checks/named.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { DelegatingPool, type DelegatedFunction } from './delegating-pool.js'
import { Thread } from './thread.js'
import { describe, type Description } from './thread-function.js'

/** Options of {@link ThreadPool}. */
export interface ThreadPoolOptions extends NamedOptions {
  /** How much memory each thread may have. One that needs more is ended, and what it did fails. */
  resourceLimits?: ResourceLimits | undefined
  /** Node's options for the threads: those of this program unless given. */
  execArgv?: string[] | undefined
  /** Their environment: a copy of that of this program unless given. */
  env?: NodeJS.ProcessEnv | undefined
}

const threadPoolOptionNames: OptionNames = { own: ['name', 'resourceLimits', 'execArgv', 'env'] }

/** How a {@link ThreadPool} stands. */
export interface ThreadPoolStats extends GroupStats {
  /** How many threads there are. */
  threads: number
  /** How many of them have nothing to do. */
  idle: number
}

/**
 * A pool whose functions run in threads, for work that would keep all greenlets waiting: computing, parsing, packing.
 * Otherwise it is used as any {@link Pool}: a greenlet here stands for each call there.
 *
 * ```ts
 * using pool = new ThreadPool(4)
 * const sum = yield* pool.apply((numbers: number[]) => numbers.reduce((a, b) => a + b), [1, 2, 3])
 * const digests = yield* pool.map(fromModule<typeof hash>(new URL('./work.js', import.meta.url), 'hash'), files)
 * ```
 *
 * Threads share nothing: a function that is written here is sent as its source text and must not use anything from around
 * it; {@link fromModule} names one in a module. Arguments and results are copied (as by `structuredClone`), or handed
 * over with {@link transfer}. An error that is raised there is raised here, with its class if that is one of the
 * language's, its name, its properties and its stack. A call fails with a TypeError when its function cannot be sent,
 * or its arguments or its result cannot be cloned, and with ThreadEndedError when its thread ended.
 *
 * A kill or a timeout ends the thread in the middle of what it does: another one takes its place when it is needed, and
 * what it kept in its modules is gone. Threads are started when they are needed, and kept; those that have nothing to do
 * do not keep the program alive. (gevent: `gevent.threadpool.ThreadPool`.)
 */
export class ThreadPool extends DelegatingPool {
  private readonly threads = new Set<Thread>()
  private readonly idle: Thread[] = []
  private readonly settings: Omit<ThreadPoolOptions, 'name'>

  /**
   * @param size how many threads it has at most: as many as the machine can run at a time, unless given.
   * @throws RangeError when it is not a whole number from 0; TypeError when it is not a number.
   */
  constructor(size: number = availableParallelism(), options: ThreadPoolOptions = {}) {
    super(size, options)
    const { name: _name, ...settings } = options
    this.settings = settings
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return threadPoolOptionNames
  }

  /**
   * Ends all threads at once, with what they do. A pool that is used again starts new ones.
   *
   * @returns an operation that waits until nothing of them is left. It need not be waited for.
   * Cancel safety: it goes on anyway.
   */
  close(): Operation<void> {
    const killed = this.kill()
    const threads = [...this.threads]
    for (const thread of this.idle.splice(0)) thread.terminate()
    return call(function* close() {
      yield* killed
      for (const thread of threads) yield* thread.gone()
    })
  }

  /** How many threads it has at most. After lowering it those that are too many end as soon as they have nothing to do. */
  override get maxSize(): number {
    return super.maxSize
  }

  override set maxSize(size: number) {
    super.maxSize = size
    while (this.hasTooMany && this.idle.length > 0) this.idle.shift()!.terminate()
  }

  /** Closes it, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Closes it and waits, for `await using`. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  override stats(): ThreadPoolStats {
    return { ...super.stats(), threads: this.threads.size, idle: this.idle.length }
  }

  /** @internal */
  protected override delegate(fn: unknown, where: string): DelegatedFunction {
    const description = describe(fn, where)
    return { name: description.name, call: (args) => this.execute(description, args) }
  }

  private *execute(fn: Description, args: readonly unknown[]): Coroutine<unknown> {
    const thread = this.takeThread()
    try {
      return yield* thread.call(fn, args)
    } finally {
      if (thread.usable && this.hasTooMany) thread.terminate()
      if (thread.usable) this.idle.push(thread)
      // Its place is free when it has ended, and not before: there are never more threads than the size says.
      else yield* thread.gone()
    }
  }

  // One that was ended is among them until it has gone.
  private get hasTooMany(): boolean {
    let alive = 0
    for (const thread of this.threads) if (thread.usable) alive++
    return alive > this.maxSize
  }

  // The one that was used last: what it needs is in the processor's caches, and the others may be paged out.
  private takeThread(): Thread {
    for (let thread = this.idle.pop(); thread !== undefined; thread = this.idle.pop()) {
      if (thread.usable) return thread
    }
    const thread = new Thread(this.settings, this.forget)
    this.threads.add(thread)
    return thread
  }

  private readonly forget = (thread: Thread): void => {
    this.threads.delete(thread)
    const index = this.idle.indexOf(thread)
    if (index !== -1) this.idle.splice(index, 1)
  }
}
