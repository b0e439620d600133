import { isMainThread, type Worker } from 'node:worker_threads'
import { badArgument, outOfRange } from '../../scheduler/checks/bad-argument.js'
import { checkPipeName } from '../../io/node/pipe-name.js'
import { startThread } from '../../io/node/process/start-thread.js'
import { pageWorker } from '../../io/node/process/thread-programs.js'
import { prepareToBeSeen } from '../../io/observing/handle.js'
import { until } from '../../scheduler/kernel/until.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { call } from '../../scheduler/greenlets/call.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { suspend } from '../../scheduler/waits/suspend.js'
import type { ConsoleAddress, Started } from './page-worker.js'

/** Options of {@link serveConsole}. */
export interface ConsoleOptions {
  /** Listen on a Unix socket of that path; it gets the mode 0600, so that only this user can connect. */
  path?: string | undefined
  /** Listen on that port of 127.0.0.1: any free one unless given. */
  port?: number | undefined
  /** The secret in the address, without which nothing is answered: a new one unless given. */
  token?: string | undefined
}

const optionNames: OptionNames = { own: ['path', 'port', 'token'] }

/**
 * Serves a page that shows this program while it runs: what it waits for, who holds that, which greenlets are busy, all
 * of them as a tree, each with its stack. The page is served by a thread with a hub of its own, so it answers while the
 * main thread is blocked, and a program that is stuck is reported as ever. The thread does not keep the program alive.
 *
 * It listens on 127.0.0.1 or on a Unix socket, and answers only to who knows the token. The page can look and
 * nothing else: it kills nobody, and runs nothing.
 *
 * ```ts
 * const served = await serveConsole({ port: 9300 })
 * console.log(served.url) // http://127.0.0.1:9300/?token=…
 * ```
 *
 * @returns a greenlet that gives the console when it listens; it begins at once, whether it is waited for or not.
 * @throws Error with code `GVENT_MAIN_THREAD` in a worker thread; TypeError or RangeError for options that cannot be
 * meant.
 *   What is waited for raises Node's error when it cannot listen there: `EADDRINUSE`, `EACCES`, …
 * Cancel safety: a kill while it starts stops it.
 */
export function serveConsole(options: ConsoleOptions = {}): Greenlet<ServedConsole> {
  checkOptions(options, optionNames)
  const { path, port, token } = options
  if (path !== undefined && port !== undefined)
    throw badArgument(
      'serveConsole({ path, port })',
      'one of the two',
      'both',
      'leave out `port` to listen on the socket',
    )
  if (path !== undefined && (typeof path !== 'string' || path === ''))
    throw badArgument('serveConsole({ path })', 'the path of a Unix socket', path)
  if (path !== undefined) checkPipeName(path, 'serveConsole({ path })')
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536))
    throw outOfRange('serveConsole({ port })', 'a port from 0 to 65535', port)
  if (token !== undefined && (typeof token !== 'string' || token === ''))
    throw badArgument('serveConsole({ token })', 'a text that is hard to guess', token, 'leave it out to get a new one')
  if (!isMainThread)
    throw misuse(
      new Error('serveConsole(): it shows the main thread; call it there, not in a worker thread'),
      'GVENT_MAIN_THREAD',
    )
  const served = spawn(() => start({ path, port, token }))
  served.name = 'serveConsole'
  return served
}

function* start(options: ConsoleOptions): Coroutine<ServedConsole> {
  // A thread that is blocked later cannot load it any more.
  yield* until(prepareToBeSeen())
  const worker = startThread(pageWorker, { workerData: options, execArgv: [] })
  let isServing = false
  try {
    const started = yield* suspend<Started>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    if ('error' in started) {
      const { message, code } = started.error
      throw Object.assign(new Error(message), { code })
    }
    isServing = true
    worker.unref()
    return new ServedConsole(worker, started)
  } finally {
    if (!isServing) void worker.terminate()
  }
}

/** A page that is being served: see {@link serveConsole}. */
export class ServedConsole {
  /** The address to open in a browser, with the token in it. Over a Unix socket, what a client asks for. */
  readonly url: string
  /** The secret in the address. */
  readonly token: string
  private readonly place: ConsoleAddress
  private stopped = false

  /** @internal */
  constructor(
    private readonly worker: Worker,
    { url, token, address }: Exclude<Started, { error: unknown }>,
  ) {
    this.url = url
    this.token = token
    this.place = address
    worker.once('error', (error) => {
      thread.hub.reportFailure('the thread that serves the console has failed', error)
    })
    worker.once('exit', () => {
      this.stopped = true
    })
  }

  /** Where it listens: `{ address, family, port }`, the path of a Unix socket, or `null` when it has stopped. */
  address(): ConsoleAddress | null {
    return this.stopped ? null : this.place
  }

  /**
   * Stops it, and ends its thread.
   *
   * Cancel safety: once begun, it continues even if the wait is cancelled.
   */
  stop(): Operation<void> {
    const stop = (): Coroutine<void> => this.end()
    return call(stop)
  }

  /** Stops it, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Describes it and its address, without the token. */
  toString(): string {
    const place = this.address()
    return `<Console ${place === null ? 'stopped' : typeof place === 'string' ? place : `127.0.0.1:${place.port}`}>`
  }

  private *end(): Coroutine<void> {
    if (this.stopped) return
    this.worker.ref()
    this.worker.postMessage('stop')
    yield* suspend((resolve) => {
      const ended = (): void => {
        resolve()
      }
      this.worker.once('exit', ended)
      return () => this.worker.off('exit', ended)
    })
  }
}
