import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { Socket as NodeSocket } from 'node:net'
import { start } from 'node:repl'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { call } from '../../scheduler/greenlets/call.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { until } from '../../scheduler/kernel/until.js'
import { getHub } from '../../scheduler/kernel/thread.js'
import { dump } from '../../scheduler/reports/dump.js'
import type { Listener } from '../net/listening/listener.js'
import type { Socket } from '../net/socket.js'
import { PrivateSocket } from '../observing/private-socket.js'
import { StreamServer } from '../servers/stream-server.js'

/** Options of {@link BackdoorServer}: a `path`, or a `port` with a `token`. */
export interface BackdoorOptions {
  /** A Unix socket, which gets the mode 0600. */
  path?: string | undefined
  /** A port of the loopback interface. */
  port?: number | undefined
  /** The secret that a client has to send first, on a line of its own: 16 characters or more. Needed for a port. */
  token?: string | undefined
  /** The names that the session has, beside `hub` and `dump`. */
  locals?: Readonly<Record<string, unknown>> | undefined
  /** Printed at the beginning. */
  banner?: string | undefined
  /** The most sessions at a time. */
  spawn?: number | undefined
}

const optionNames: OptionNames = { own: ['path', 'port', 'token', 'locals', 'banner', 'spawn'] }

/** A token may be guessed that is shorter. */
const SHORTEST_TOKEN = 16
/** A session begins within so many milliseconds. */
const PATIENCE = 10_000

/**
 * Node's REPL for those who connect: `nc -U path`, or `nc 127.0.0.1 port` and the token. **A session can do everything
 * the program can.** So it listens on a Unix socket of this user, or on the loopback interface for those who know a
 * token, and nowhere else.
 *
 * ```ts
 * const server = new BackdoorServer({ path: '/run/me/backdoor.sock', locals: { cache } })
 * await server.start()
 * ```
 *
 * In the session, `hub` is the hub and `dump()` shows the greenlets; `await` works. (gevent:
 * `gevent.backdoor.BackdoorServer`.)
 */
export class BackdoorServer extends StreamServer {
  private place: PrivateSocket | undefined

  /** @throws TypeError when it would be open to others: a port without a token, or an address that is not loopback. */
  constructor(options: BackdoorOptions) {
    checkBackdoor(options)
    const { path, port, token, locals = {}, banner = '', spawn } = options
    const where = path === undefined ? { host: '127.0.0.1', port: port! } : { path }
    super({ ...where, ...(spawn === undefined ? {} : { spawn }) }, (socket) => serve(socket, token, locals, banner))
  }

  /** @internal */
  protected override open(options: Parameters<StreamServer['open']>[0]): Operation<Listener> {
    const { path } = options as { path?: string }
    if (path === undefined) return super.open(options)
    const listen = (): Operation<Listener> => super.open({ ...options, path: this.place!.made })
    return call(
      function* (this: BackdoorServer): Coroutine<Listener> {
        this.place = new PrivateSocket(path)
        const listener = yield* listen()
        this.place.publish()
        return listener
      }.bind(this),
    )
  }

  /** As of every server; a Unix socket by its path. */
  override address(): ReturnType<StreamServer['address']> {
    const address = super.address()
    return typeof address === 'string' ? this.place!.path : address
  }

  /** @internal */
  protected override *closeAll(): Coroutine<void> {
    yield* super.closeAll()
    this.place?.remove()
    this.place = undefined
  }
}

function checkBackdoor(options: BackdoorOptions): void {
  const what = 'new BackdoorServer(options)'
  if (typeof options !== 'object' || options === null) throw badArgument(what, '{ path } or { port, token }', options)
  checkOptions(options, optionNames)
  const { path, port, token } = options
  if ((path === undefined) === (port === undefined)) throw badArgument(what, '{ path } or { port, token }', options)
  const isToken = typeof token === 'string' && token.length >= SHORTEST_TOKEN && !/\s/.test(token)
  if (token === undefined ? port !== undefined : !isToken)
    throw badArgument(
      `new BackdoorServer({ token })`,
      `a text of ${SHORTEST_TOKEN} characters or more without blanks`,
      token === undefined ? undefined : 'one that may be guessed',
      'other users of the machine can connect to a port, and a session can do everything the program can',
    )
}

function* serve(
  socket: Socket,
  token: string | undefined,
  locals: Readonly<Record<string, unknown>>,
  banner: string,
): Coroutine<void> {
  if (token !== undefined) {
    const line = yield* socket.recvUntil('\n', { limit: 1024, timeout: PATIENCE })
    if (!isSame(line?.toString().trim() ?? '', token)) {
      yield* socket.sendAll('Wrong token.\n')
      return
    }
  }
  const node = socket.detach()
  try {
    yield* session(node, locals, banner)
  } finally {
    node.destroy()
  }
}

function* session(node: NodeSocket, locals: Readonly<Record<string, unknown>>, banner: string): Coroutine<void> {
  // An error of the connection ends the session, and nothing else.
  node.on('error', () => node.destroy())
  if (banner !== '') node.write(`${banner}\n`)
  const repl = start({ input: node, output: node, prompt: '> ', terminal: false, ignoreUndefined: true })
  Object.assign(repl.context, { hub: getHub(), dump }, locals)
  const over = new AbortController()
  try {
    yield* until(
      Promise.race([once(repl, 'exit', { signal: over.signal }), once(node, 'close', { signal: over.signal })]),
    )
  } finally {
    over.abort()
    repl.close()
  }
}

// Digests are of one length, and say nothing about how much was right.
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
