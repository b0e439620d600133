import type { ResourceLimits, Transferable, Worker } from 'node:worker_threads'
import { nameError } from '../../scheduler/checks/errors.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { suspend } from '../../scheduler/waits/suspend.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { ExternalOperation } from '../net/network.js'
import { startThread } from '../node/process/start-thread.js'
import { threadMain } from '../node/process/thread-programs.js'
import type { Outcome, Reply, Request } from './messages.js'
import { messageOf, unpack } from './packed-error.js'
import type { Description } from './thread-function.js'
import { TransferredValue } from './transfer.js'

/** A thread ended before it had done what it was asked to: by `process.exit()`, say. */
export class ThreadEndedError extends Error {
  declare readonly name: 'ThreadEndedError'
  declare readonly code: 'GVENT_THREAD_ENDED'

  /** For tests of what handles it; a `ThreadPool` makes its own. */
  constructor(
    message: string,
    /** The exit status of the thread. */
    readonly exitCode: number,
  ) {
    super(message)
  }
}
nameError(ThreadEndedError, 'ThreadEndedError', 'GVENT_THREAD_ENDED')

/** The options that the threads of a pool are started with, as Node's `Worker` takes them. @internal */
export interface ThreadOptions {
  resourceLimits?: ResourceLimits | undefined
  execArgv?: string[] | undefined
  env?: NodeJS.ProcessEnv | undefined
}

// A file cannot be run with what says that the program is a text.
const isFromText = process.execArgv.some((argument) => argument.startsWith('--input-type'))

/** One thread of a pool, which does one thing at a time. It keeps the program alive only while it does. @internal */
export class Thread {
  private readonly worker: Worker
  private readonly endListeners = new Set<() => void>()
  private current: Wait<unknown, unknown, ThreadCall> | null = null
  private calls = 0
  private over = false
  private ended = false

  constructor(
    options: ThreadOptions,
    private readonly onGone: (thread: Thread) => void,
  ) {
    this.worker = startThread(threadMain, {
      ...(isFromText ? { execArgv: [] } : {}),
      ...options,
    })
    this.worker
      .on('message', (reply: Partial<Reply> | null) => {
        // A function may send messages of its own, to nobody.
        if (reply?.id === this.calls && reply.outcome !== undefined) this.replied(reply.outcome)
      })
      .on('messageerror', (error) => {
        this.fail(notSent('the result of a function cannot be sent from its thread to this one', error))
      })
      .on('error', (error) => {
        this.over = true
        if (!this.fail(error)) thread.hub.reportFailure('An idle thread ended with an error', error)
      })
      .on('exit', (code) => {
        this.exited(code)
      })
      .unref()
  }

  /** Whether it can be asked to do something else. */
  get usable(): boolean {
    return !this.over
  }

  /** Calls a function in it. */
  call(fn: Description, args: readonly unknown[]): Operation<unknown> {
    return new ThreadCall(this, fn, args)
  }

  /** Ends it, in the middle of what it does. */
  terminate(): void {
    this.over = true
    this.current = null
    void this.worker.terminate()
  }

  /** Waits until nothing of it is left. */
  gone(): Operation<void> {
    return suspend((resolve) => {
      if (this.ended) resolve()
      else this.worker.ref()
      this.endListeners.add(resolve)
      return () => this.endListeners.delete(resolve)
    })
  }

  /** @internal */
  begin(wait: Wait<unknown, unknown, ThreadCall>, fn: Description, args: readonly unknown[]): void {
    const list = args.flatMap((argument) =>
      argument instanceof TransferredValue ? (argument.list as Transferable[]) : [],
    )
    const plain = args.map((argument) => (argument instanceof TransferredValue ? argument.value : argument))
    this.worker.postMessage({ id: ++this.calls, fn, args: plain } satisfies Request, list)
    this.current = wait
    this.worker.ref()
  }

  private replied(outcome: Outcome): void {
    if ('value' in outcome) this.settle((wait) => wait.resolve(outcome.value))
    else this.fail(unpack(outcome.raised))
  }

  private settle(end: (wait: Wait<unknown>) => void): boolean {
    const { current } = this
    if (current === null) return false
    this.current = null
    this.worker.unref()
    end(current)
    return true
  }

  private fail(error: unknown): boolean {
    return this.settle((wait) => wait.reject(error))
  }

  private exited(code: number): void {
    this.over = true
    const { current } = this
    if (current !== null) {
      const what = current.operation.describe()
      this.fail(new ThreadEndedError(`${what}: its thread ended with status ${code} before it finished`, code))
    }
    this.ended = true
    for (const told of this.endListeners) told()
    this.onGone(this)
  }
}

class ThreadCall extends ExternalOperation<unknown> {
  constructor(
    private readonly thread: Thread,
    private readonly fn: Description,
    private readonly args: readonly unknown[],
  ) {
    super()
  }

  beginWait(wait: Wait<unknown, unknown, this>): void {
    try {
      this.thread.begin(wait, this.fn, this.args)
    } catch (error) {
      wait.reject(notSent(`${this.describe()}: its arguments cannot be sent to another thread`, error))
    }
  }

  cancelWait(): void {
    this.thread.terminate()
  }

  override describe(): string {
    const { name } = this.fn
    return `${name === '' ? 'a function' : name} in another thread`
  }
}

function notSent(what: string, cause: unknown): TypeError {
  return Object.assign(new TypeError(`${what}: ${messageOf(cause)}`), { code: 'GVENT_NOT_CLONEABLE', cause })
}
