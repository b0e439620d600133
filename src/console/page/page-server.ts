import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { HTTPServer } from '../../io/http/http-server.js'
import { CAPACITY } from '../../io/observing/recording/recorder.js'
import { unpackRecording, type PackedRecording } from '../../io/observing/recording/recording.js'
import { traceText } from '../../io/observing/recording/trace-file.js'
import { PrivateSocket } from '../../io/observing/private-socket.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { call } from '../../scheduler/greenlets/call.js'
import { sleep } from '../../scheduler/waits/sleep.js'
import { suspend } from '../../scheduler/waits/suspend.js'
import { until } from '../../scheduler/kernel/until.js'
import { AttachError, type Connection } from '../attach/connection.js'
import { Access, contentPolicy, guarded } from './access.js'
import { documentWith } from './document.js'
import { Feed } from './feed.js'

/** Where the page is served, and to whom. */
export interface PageOptions {
  /** A Unix socket; it gets the mode 0600. */
  readonly path?: string | undefined
  /** A port of the loopback interface; any free one unless given. */
  readonly port?: number | undefined
  /** The secret that opens the page; a new one unless given. */
  readonly token?: string | undefined
  /** Whether a dump has every greenlet from the first, however many there are. */
  readonly all?: boolean | undefined
}

/** How long an answer may take, in milliseconds. */
const PATIENCE = 60_000
/** How long a trace may record, in milliseconds. */
const LONGEST_TRACE = 60_000

type Answer = (parameters: URLSearchParams) => Promise<unknown>

/** Serves the page that shows a program, on loopback or a Unix socket. */
export class PageServer {
  /** The secret in the address. */
  readonly token: string
  private readonly server: HTTPServer
  private readonly socket: PrivateSocket | null
  private readonly access: Access
  private readonly feed: Feed
  private readonly answers: Readonly<Record<string, Answer>>

  constructor(
    private readonly connection: Connection,
    private readonly options: PageOptions,
  ) {
    const { path, port = 0, token = randomBytes(24).toString('base64url') } = options
    this.token = token
    this.access = new Access(token)
    this.feed = new Feed(connection)
    this.socket = path === undefined ? null : new PrivateSocket(path)
    const place = this.socket === null ? { host: '127.0.0.1', port } : { path: this.socket.made }
    // The greenlet is killed when its client leaves.
    const handle = (request: IncomingMessage, response: ServerResponse): Coroutine<void> =>
      this.handle(request, response)
    this.server = new HTTPServer({ ...place, api: 'node', maxBodySize: 1024 }, handle)
    this.answers = answersOf(connection)
  }

  /** The address to open; of a Unix socket, the one that a client asks for over it. */
  get url(): string {
    const address = this.server.address()!
    const host = typeof address === 'string' ? 'localhost' : `127.0.0.1:${address.port}`
    return `http://${host}/?token=${encodeURIComponent(this.token)}`
  }

  /** Where it listens: the path of the Unix socket, or what Node says of a port. */
  get address(): AddressInfo | string {
    return this.socket?.path ?? (this.server.address() as AddressInfo)
  }

  /** Listens. @throws Node's error when it cannot: `EADDRINUSE`, say. */
  start(): Operation<void> {
    const { server, socket } = this
    return call(function* startPage() {
      yield* server.start()
      socket?.publish()
    })
  }

  /** Serves no more, and leaves the process as it was found. */
  stop(): Operation<void> {
    const { server, socket, feed, connection } = this
    return call(function* stopPage() {
      feed.stop()
      socket?.remove()
      yield* server.stop({ timeout: 0 })
      yield* until(connection.close())
    })
  }

  /** Waits until the process has ended. @returns how it is to be said. */
  untilEnded(): Operation<string> {
    return until(this.connection.ended)
  }

  private *handle(request: IncomingMessage, response: ServerResponse): Coroutine<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    for (const [name, value] of Object.entries(guarded)) response.setHeader(name, value)
    const refusal = this.access.check(request, url)
    if (refusal !== undefined) {
      send(response, refusal.status, 'text/plain', `${refusal.reason}\n`)
      return
    }
    const answer = Object.hasOwn(this.answers, url.pathname) ? this.answers[url.pathname] : undefined
    if (url.pathname === '/') this.sendDocument(response)
    else if (url.pathname === '/events') yield* this.sendEvents(response)
    else if (url.pathname === '/trace') yield* this.sendTrace(response, url.searchParams)
    else if (answer === undefined) send(response, 404, 'text/plain', 'not found\n')
    else yield* this.sendAnswer(response, answer, url.searchParams)
  }

  private sendDocument(response: ServerResponse): void {
    const nonce = randomBytes(18).toString('base64')
    response.setHeader('Content-Security-Policy', contentPolicy(nonce))
    send(response, 200, 'text/html', documentWith(nonce, { all: this.options.all === true }))
  }

  private *sendTrace(response: ServerResponse, parameters: URLSearchParams): Coroutine<void> {
    const { connection } = this
    try {
      const milliseconds = number(parameters, 'for', 5000)
      if (milliseconds > LONGEST_TRACE) throw new TypeError(`for: at most ${LONGEST_TRACE} milliseconds`)
      yield* until(connection.ask('load', undefined, PATIENCE))
      const recording = yield* until(
        connection.ask('record', { milliseconds: milliseconds + PATIENCE, events: CAPACITY }, PATIENCE),
      )
      yield* sleep(milliseconds)
      const recorded = (yield* until(connection.ask('recorded', recording, PATIENCE))) as PackedRecording | null
      if (recorded === null) throw new AttachError('it has ended the recording itself')
      response.writeHead(200, { 'Content-Type': 'application/gzip' })
      yield* until(pipeline(traceText([unpackRecording(recorded)]), createGzip(), response))
    } catch (error) {
      sendFailure(response, error)
    }
  }

  private *sendAnswer(response: ServerResponse, answer: Answer, parameters: URLSearchParams): Coroutine<void> {
    try {
      const value = yield* until(answer(parameters))
      send(response, 200, 'application/json', JSON.stringify(value))
    } catch (error) {
      sendFailure(response, error)
    }
  }

  private *sendEvents(response: ServerResponse): Coroutine<void> {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    const leave = this.feed.enter()
    try {
      yield* write(response, `event: recent\ndata: ${JSON.stringify(this.feed.recent)}\n\n`)
      const watcher = this.feed.news.subscribe()
      let { value } = watcher
      for (;;) {
        // One that takes it slowly misses readings, and holds nobody up.
        if (value !== undefined) yield* write(response, `event: ${value.kind}\ndata: ${JSON.stringify(value)}\n\n`)
        value = yield* watcher.changed()
      }
    } finally {
      leave()
    }
  }
}

function answersOf(connection: Connection): Record<string, Answer> {
  const ask = (method: string, parameters?: unknown): Promise<unknown> => connection.ask(method, parameters, PATIENCE)
  return {
    '/rows': (parameters) =>
      ask('rows', {
        from: number(parameters, 'from', 0),
        count: number(parameters, 'count', 100),
        sort: choice(parameters, 'sort', ['id', 'name', 'state', 'waitsFor', 'waited', 'place']),
        descending: parameters.has('descending'),
        filter: parameters.get('filter') ?? undefined,
        group: parameters.get('group') ?? undefined,
      }),
    '/tree': (parameters) =>
      ask('tree', {
        parent: number(parameters, 'parent', 0),
        group: parameters.get('group') ?? undefined,
        from: number(parameters, 'from', 0),
        count: number(parameters, 'count', 100),
      }),
    '/greenlet': (parameters) => ask('greenlet', { id: number(parameters, 'id', 0) }),
    '/dump': async (parameters) => {
      if (!parameters.has('all')) return { text: await ask('groups') }
      const copies = (await ask('dump')) as string[]
      return { text: copies.filter((text) => text !== '').join('\n\n') }
    },
  }
}

/** @throws TypeError when it is no number of the kind. */
function number(parameters: URLSearchParams, name: string, standard: number): number {
  const text = parameters.get(name)
  if (text === null) return standard
  if (!/^\d{1,15}$/.test(text)) throw new TypeError(`${name}: expected a number`)
  return Number(text)
}

function choice(parameters: URLSearchParams, name: string, choices: readonly string[]): string {
  const text = parameters.get(name) ?? choices[0]!
  if (!choices.includes(text)) throw new TypeError(`${name}: expected one of ${choices.join(', ')}`)
  return text
}

/** Answers with what is the matter. @throws what is a fault. */
function sendFailure(response: ServerResponse, error: unknown): void {
  if (error instanceof TypeError) send(response, 400, 'text/plain', `${error.message}\n`)
  else if (error instanceof AttachError) send(response, 503, 'text/plain', `${error.message}\n`)
  else throw error
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8` })
  response.end(text)
}

function* write(response: ServerResponse, text: string): Coroutine<void> {
  if (response.write(text)) return
  yield* suspend((resolve) => {
    response.once('drain', resolve)
    return () => response.off('drain', resolve)
  })
}
