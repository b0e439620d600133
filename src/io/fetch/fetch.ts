import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { green } from '../../scheduler/greenlets/call.js'
import { all } from '../../scheduler/waits/combinators.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { GreenletExit, misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { sleep } from '../../scheduler/waits/sleep.js'
import type { Timeout } from '../../scheduler/kernel/timeout.js'
import { withTimeout } from '../../scheduler/waits/with-timeout.js'
import { hideSecrets } from '../diagnostics/hide-secrets.js'
import { Connections, type ConnectionTimes } from './connections.js'
import { FetchAbort, signalOf } from './fetch-abort.js'
import { explain } from './fetch-error.js'
import { makeGreen, type GreenResponse } from './green-response.js'
import { fetchChannels, type Exchange } from '../observing/events/exchange.js'
import { NetworkOperation } from '../net/network.js'
import { LimitError } from '../net/socket-errors.js'
import { placesFor } from './origin-limit.js'
import { originalOf } from '../node/originals.js'
import { asPlainObject } from '../node/fetch/stoppable-fetch.js'
import { FetchRetryPolicy, type FetchRetryOptions } from './retry.js'
import { Upload, isUpload, type UploadBody } from './upload.js'

/** Options of {@link fetch}: all that Node's does, limits, and when to try again. */
export interface FetchOptions extends Omit<RequestInit, 'body'> {
  /**
   * A body as Node's `fetch` takes it; or one that is made while it is sent: a generator function, in which `yield
   * chunk` sends and `yield*` waits, or an async iterable of strings and bytes. It is asked for the next chunk when the
   * server has taken the one before, and killed when the request is given up.
   */
  body?: RequestInit['body'] | UploadBody | undefined
  /** How long to wait for the response to begin, all attempts together, in milliseconds, or a `Timeout`. */
  timeout?: number | Timeout | null | undefined
  /**
   * How often to try again when there is no response, or one that says that another attempt may succeed: never unless
   * given. Only methods that may be done twice are tried again, and no body that can be sent only once: a stream, an
   * iterable, or that of a `Request`; a generator function is called again. See {@link FetchRetryOptions}.
   */
  retries?: number | FetchRetryOptions | undefined
  /** How many redirects are followed, up to 20, which is Node's limit: as many unless given. Beyond: LimitError. */
  maxRedirects?: number | undefined
  /**
   * How many bytes the body of the response may have, decompressed. Beyond: LimitError, and the connection is closed.
   * Unless given there is no limit, but for bodies that come compressed and are read as a whole: they may have 128 MiB.
   */
  maxBodySize?: number | undefined
  /**
   * How many requests to one origin may be under way at a time, of those that give the same number: the others wait in
   * line. There is no limit unless given. A request is under way until its response was read or disposed of; as each
   * has a connection of its own for as long, this limits connections, too.
   */
  maxPerOrigin?: number | undefined
  /**
   * The connections to use, made in one's own way: certificates, proxies, other addresses. Node's unless given.
   */
  connections?: Connections | undefined
  /** Called when a request goes out on one of `connections`, once for each redirect: how it came to its connection. */
  onConnection?: ((times: ConnectionTimes) => void) | undefined
}

/**
 * Node's `fetch` as an operation. The request is made when it is waited for, and again for each wait.
 *
 * ```ts
 * const response = yield* fetch('http://localhost:8080/', { timeout: 1000, retries: 3 })
 * const items = yield* response.json()
 * ```
 *
 * Connections are Node's: kept open for some seconds when a response was read to its end, and used again; never used
 * again otherwise.
 *
 * @param input the address, or a `Request`.
 * @param init Node's options, and those of {@link FetchOptions}. (The methods that read the body take a `timeout` of
 *   their own, and `withTimeout(ms, function* () { … })` limits all of it.) `signal` stops the body too.
 * @returns the response, once its status and headers are there. Its body methods are operations as well.
 * @throws Node's `TypeError` when there is no response, whose message and `code` tell why; `Timeout`; the signal's
 * reason;
 *   LimitError.
 * Cancel safety: a kill, a timeout or a lost race aborts the request: the server sees the connection go. What the
 *   server did already is done.
 */
export function fetch(input: string | URL | Request, init?: FetchOptions): Operation<GreenResponse> {
  if (init !== undefined && init !== null) checkOptions(init, fetchOptionNames)
  const { retries, maxPerOrigin, maxRedirects, maxBodySize } = init ?? {}
  if (maxRedirects !== undefined) checkCount(maxRedirects, 'fetch: { maxRedirects }', 0)
  if (maxBodySize !== undefined) checkCount(maxBodySize, 'fetch: { maxBodySize }', 0)
  checkConnections(init)
  if (maxPerOrigin !== undefined) checkCount(maxPerOrigin, 'fetch: { maxPerOrigin }', 1)
  if (retries === undefined && maxPerOrigin === undefined) return new Fetch(input, init)
  const policy = new FetchRetryPolicy(retries ?? 0)
  const { timeout, ...rest } = init!
  const attempts = fetching(input, rest, policy)
  return timeout === undefined || timeout === null ? attempts : withTimeout(timeout, attempts)
}

const fetchOptionNames: OptionNames = {
  own: [
    'timeout',
    'retries',
    'maxRedirects',
    'maxBodySize',
    'maxPerOrigin',
    'connections',
    'onConnection',
    'signal',
    'body',
    'method',
    'headers',
  ],
  platform: [
    ...['mode', 'credentials', 'cache', 'redirect', 'referrer', 'referrerPolicy', 'integrity', 'keepalive', 'window'],
    ...['dispatcher', 'duplex', 'priority'],
  ],
}

/** Tries until there is a response that the policy lets through. */
const fetching = green(function* fetch(input: string | URL | Request, init: FetchOptions, policy: FetchRetryPolicy) {
  const signal = signalOf(input, init)
  const isCovered = policy.covers(methodOf(input, init)) && canBeSentAgain(input, init)
  for (let attempt = 1; ; attempt++) {
    let delay: number | undefined
    let refusal: GreenResponse | undefined
    try {
      const response = yield* inTurn(input, init)
      delay = isCovered ? policy.afterResponse(attempt, response) : undefined
      if (delay === undefined) return response
      refusal = response
    } catch (error) {
      delay = isCovered ? policy.afterFailure(attempt, error) : undefined
      if (delay === undefined) throw error
    }
    const pause = sleep(delay, { signal })
    yield* refusal === undefined ? pause : all([pause, discard(refusal)])
  }
})

/** The size in bytes up to which an unneeded body is read, to keep its connection; a larger one is cut off. */
const SMALL = 64 * 1024
/** How long they may take, in milliseconds. */
const SOON = 1000

/** A page that says that the server is busy is read, if that is soon done, so that its connection can be used again. */
const discard = green(function* discard(response: GreenResponse) {
  const length = Number(response.headers.get('content-length') ?? Infinity)
  try {
    if (length <= SMALL) yield* response.arrayBuffer({ timeout: SOON })
  } catch (error) {
    // However it failed, the next attempt will tell.
    if (error instanceof GreenletExit) throw error
  } finally {
    response[Symbol.dispose]()
  }
})

/** One attempt, when there is a place for it. */
const inTurn = green(function* fetch(input: string | URL | Request, init: FetchOptions) {
  const { maxPerOrigin } = init
  if (maxPerOrigin === undefined) return yield* new Fetch(input, init)
  const places = placesFor(urlOf(input), maxPerOrigin)
  yield* places.acquire({ signal: signalOf(input, init) })
  let isFree = false
  const release = (): void => {
    if (!isFree) places.release()
    isFree = true
  }
  let response: GreenResponse | undefined
  try {
    response = yield* new Fetch(input, init, release)
    return response
  } finally {
    if (response === undefined) release()
  }
})

class Fetch extends NetworkOperation<GreenResponse, FetchAbort> {
  private readonly init: FetchOptions

  /** @param ended is called when nothing of an exchange is in progress any more. */
  constructor(
    private readonly input: string | URL | Request,
    init: FetchOptions | null | undefined,
    private readonly ended?: () => void,
  ) {
    super(limitsOf(input, init))
    this.init = init ?? {}
  }

  beginWait(wait: Wait<GreenResponse, FetchAbort>): void {
    const { input, init } = this
    const { maxRedirects, maxBodySize } = init
    const upload = isUpload(init.body) ? new Upload(init.body) : undefined
    const ended = upload === undefined ? this.ended : () => this.over(upload)
    const abort = new FetchAbort(this.options?.signal ?? undefined, ended, this)
    wait.detail = abort
    const onRedirect = maxRedirects === undefined ? undefined : limitRedirects(maxRedirects)
    const direct = init.connections === undefined ? 'by the global one' : 'by the given one'
    const observed = this.observe(wait)
    abort.start(originalOf(globalThis.fetch), input, platformInit(init, upload), { onRedirect, direct }).then(
      (response) => {
        const green = makeGreen(response, abort, maxBodySize)
        if (observed !== undefined) fetchChannels().finish(observed, green.status, undefined)
        wait.resolve(green)
      },
      (error: unknown) => {
        const reason: unknown = abort.aborted ? abort.reason : explain(error, this)
        if (observed !== undefined) fetchChannels().finish(observed, 0, reason)
        wait.reject(reason)
      },
    )
  }

  cancelWait(wait: Wait<GreenResponse, FetchAbort>): void {
    wait.detail.abort()
  }

  override undoWait(wait: Wait<GreenResponse, FetchAbort>): void {
    this.cancelWait(wait)
  }

  override describe(): string {
    return `fetch(${this.title()})`
  }

  /** Tells those who want to know that it begins. */
  private observe({ greenlet }: Wait<GreenResponse, FetchAbort>): Exchange | undefined {
    const channels = fetchChannels()
    if (!channels.hasSubscribers) return undefined
    const url = hideSecrets(urlOf(this.input)).split(/[?#]/)[0]!
    return channels.begin(methodOf(this.input, this.init), url, greenlet ?? undefined)
  }

  private over(upload: Upload): void {
    upload.end()
    this.ended?.()
  }

  /** The request in words. */
  title(): string {
    return hideSecrets(`${methodOf(this.input, this.init)} ${urlOf(this.input)}`)
  }
}

/** Returns the limits of the wait, if there are any. */
function limitsOf(input: string | URL | Request, init: FetchOptions | null | undefined): WaitOptions | undefined {
  const timeout = init?.timeout
  const signal = signalOf(input, init) ?? undefined
  return timeout === undefined && signal === undefined ? undefined : { timeout, signal }
}

/** The same in terms of the platform. */
function platformInit(init: FetchOptions, upload: Upload | undefined): RequestInit {
  const { connections } = init
  if (connections !== undefined) {
    const { connections: _connections, onConnection, ...rest } = init
    return platformInit({ ...rest, dispatcher: connections.dispatcher(onConnection) } as FetchOptions, upload)
  }
  const { body, duplex } = init
  if (upload !== undefined) return { ...init, body: upload.stream, duplex: 'half' }
  const isStream = body instanceof ReadableStream && duplex === undefined
  return (isStream ? { ...asPlainObject(init as RequestInit), duplex: 'half' } : init) as RequestInit
}

function checkConnections(init: FetchOptions | null | undefined): void {
  const { connections, onConnection } = init ?? {}
  if (connections !== undefined && !(connections instanceof Connections)) {
    throw misuse(new TypeError(`fetch: { connections } must be a Connections; got ${show(connections)}`))
  }
  if (onConnection !== undefined && connections === undefined) {
    throw misuse(new TypeError('fetch: { onConnection } works only with { connections }'))
  }
}

function limitRedirects(limit: number): (from: string) => void {
  let count = 0
  return (from) => {
    if (++count <= limit) return
    const times = limit === 1 ? 'once' : `${limit} times`
    throw new LimitError(`fetch failed: ${hideSecrets(from)} was redirected more than ${times}`, limit)
  }
}

function canBeSentAgain(input: string | URL | Request, { body }: FetchOptions): boolean {
  if (body === undefined || body === null) return !(input instanceof Request) || input.body === null
  return !(body instanceof ReadableStream) && (!isUpload(body) || typeof body === 'function')
}

// Whatever it is: what cannot be fetched is named in the error too.
function urlOf(input: unknown): string {
  const { url = input } = Object(input) as { url?: unknown }
  return String(url)
}

function methodOf(input: unknown, init: FetchOptions): string {
  const { method = 'GET' } = Object(input) as { method?: string }
  return init.method ?? method
}
