import {
  GreenletExit,
  Timeout,
  fetch,
  getHub,
  type Connections,
  type Coroutine,
  type GreenResponse,
  type Operation,
} from '../../../index.js'
import type { Exchange, HttpArchive } from '../output/har.js'
import { OutputLost } from '../output/output-lost.js'
import { duration, size as sizeText } from '../report/units.js'
import { Failure, badStatus, checkUrl, cutShort, explain } from './failure.js'
import type { Place } from './places.js'
import type { Body } from './body.js'
import type { Request, Requests } from './request.js'
import { noTimes, type Attempt, type Transfer } from './transfer.js'

/** How attempts are made. Times are milliseconds; `Infinity` is no limit. */
export interface AttemptOptions {
  readonly timeout: number
  readonly idleTimeout: number
  readonly maxSize: number
  readonly maxRedirects: number
  readonly requests: Requests
  readonly connections: Connections
  readonly archive: HttpArchive | undefined
  /** Tells what happens, with `--verbose`. */
  readonly tell: ((text: string) => void) | undefined
}

const REDIRECTS = [301, 302, 303, 307, 308]
/** The size in bytes up to which an unneeded body is read, to keep its connection; a larger one is cut off. */
const SMALL = 64 * 1024

/**
 * Fetches a URL once, with its redirects.
 *
 * @param body takes what comes.
 * @throws Failure, OutputLost.
 * Cancel safety: a kill closes the connection.
 */
export function* attempt(
  transfer: Transfer,
  request: Request,
  body: Body,
  place: Place,
  options: AttemptOptions,
): Coroutine<void> {
  const { timeout, idleTimeout } = options
  const times: Attempt = { start: getHub().now(), end: Infinity }
  transfer.attempts.push(times)
  transfer.size = 0
  transfer.status = undefined
  transfer.times = noTimes()
  const limit = timeout === Infinity ? undefined : Timeout.start(timeout)
  const silence = idleTimeout === Infinity ? undefined : Timeout.start(idleTimeout)
  try {
    yield* new Steps(transfer, times, request, body, place, silence, options).run()
  } catch (error) {
    if (error === limit && limit !== undefined) throw tooSlow(transfer, times, `within ${duration(timeout)}`)
    if (error !== silence || silence === undefined) throw error
    throw tooSlow(transfer, times, `for ${duration(idleTimeout)}`)
  } finally {
    limit?.cancel()
    silence?.cancel()
    times.end = getHub().now()
    transfer.times.total = times.end - times.start
  }
}

function tooSlow({ size }: Transfer, times: Attempt, period: string): Failure {
  const isSilence = period.startsWith('for')
  const missing = isSilence ? 'nothing more came' : 'the body did not end'
  const text = times.answer === undefined ? `no answer ${period}` : `${missing} ${period} (${sizeText(size)} came)`
  return new Failure('TIMEOUT', text, { kind: 'timeout' })
}

/** The steps of an attempt: a request for each redirect. */
class Steps {
  private url: URL
  private readonly origin: string

  constructor(
    private readonly transfer: Transfer,
    private readonly attempt: Attempt,
    private request: Request,
    private readonly body: Body,
    private readonly place: Place,
    private readonly silence: Timeout | undefined,
    private readonly options: AttemptOptions,
  ) {
    this.url = new URL(transfer.target.url)
    this.origin = this.url.origin
  }

  *run(): Coroutine<void> {
    const { maxRedirects, tell } = this.options
    for (let redirects = 0; ; redirects++) {
      const next = yield* this.step()
      if (next === undefined) return
      if (redirects === maxRedirects) {
        const text = maxRedirects === 0 ? `redirected to ${next.href}` : `redirected more than ${maxRedirects} times`
        throw new Failure('TOO_MANY_REDIRECTS', text, { kind: 'other' })
      }
      tell?.(`${this.transfer.target.url}: redirected to ${next.href}`)
      if (next.host !== this.url.host) yield* this.place.enterAlso(next.host)
      this.url = next
    }
  }

  /** One request. @returns where it is redirected to. */
  private *step(): Coroutine<URL | undefined> {
    const { transfer, url, attempt, body, request } = this
    const { requests, connections, archive } = this.options
    const common = requests.headers(request, url, transfer.target, url.origin === this.origin)
    const headers = body.headers(common)
    const began = new Date()
    const start = getHub().now()
    const times = (transfer.times = noTimes())
    let response: GreenResponse | undefined
    let failure: Failure | undefined
    try {
      const { method } = request
      response = yield* explained(
        fetch(url, {
          method,
          headers,
          redirect: 'manual',
          ...(request.body === undefined ? {} : { body: request.body as string }),
          connections,
          onConnection: ({ lookup, connect, tls, reused }) => {
            if (!reused)
              Object.assign(times, { dns: lookup, connect, tls: url.protocol === 'https:' ? tls : undefined })
          },
        }),
        (error) => explain(error, url),
      )
      times.firstByte = getHub().now() - start
      attempt.answer = getHub().now()
      transfer.status = response.status
      requests.jar?.store(url, response.headers.getSetCookie())
      const next = this.redirection(response)
      if (next !== undefined) {
        yield* this.drop(response)
        return next
      }
      if (!body.takes(response)) {
        yield* this.drop(response)
        throw badStatus(response.status, response.statusText, response.headers.get('retry-after'))
      }
      yield* this.receive(response)
      return undefined
    } catch (error) {
      if (error instanceof Failure) failure = error
      throw error
    } finally {
      response?.[Symbol.dispose]()
      archive?.add(
        exchange(
          {
            url: url.href,
            method: request.method,
            requestHeaders: headers,
            requestSize: sizeOf(request),
            began,
            size: transfer.size,
            ...times,
            total: getHub().now() - start,
          },
          response,
          failure,
        ),
      )
    }
  }

  private *receive(response: GreenResponse): Coroutine<void> {
    const { transfer, body, silence } = this
    const { maxSize } = this.options
    const length = Number(response.headers.get('content-length') ?? 0)
    if (length > maxSize && !response.headers.has('content-encoding')) throw tooLarge(maxSize)
    transfer.size = body.begin(response)
    for (const next of response.chunks()) {
      const { done, value: part } = yield* explained(next, (error) => cutShort(error, transfer.size, response.headers))
      if (done === true) break
      transfer.size += part.length
      if (transfer.size > maxSize) throw tooLarge(maxSize)
      yield* body.write(part)
      if (silence !== undefined) restart(silence)
    }
    yield* body.end()
  }

  /** Where a response leads, if it redirects. */
  private redirection({ status, headers }: GreenResponse): URL | undefined {
    const location = headers.get('location')
    if (location === null || !REDIRECTS.includes(status)) return undefined
    // Servers send UTF-8, which is read as Latin-1.
    const text = Buffer.from(location, 'latin1').toString()
    if (!URL.canParse(text, this.url.href)) {
      throw new Failure('ERR_INVALID_URL', 'the server redirects to something that is not a valid URL', {
        kind: 'other',
      })
    }
    const url = new URL(text, this.url)
    url.username = url.password = ''
    if (url.hash === '') url.hash = this.url.hash
    checkUrl(url.href)
    const { method, headers: sent } = this.request
    const becomesGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST')
    if (becomesGet && method !== 'GET') {
      const kept = Object.entries(sent).filter(([name]) => !name.startsWith('content-'))
      this.request = { method: 'GET', body: undefined, headers: Object.fromEntries(kept) }
    }
    return url
  }

  /** Reads a body that is not needed, if it is small, so that the connection can be used again. */
  private *drop(response: GreenResponse): Coroutine<void> {
    const length = Number(response.headers.get('content-length') ?? Infinity)
    if (length <= SMALL) yield* explained(response.arrayBuffer(), (error) => cutShort(error, 0, response.headers))
  }
}

/** Waits for something of the network; an error of it becomes the failure that `explain` makes of it. */
function* explained<T>(operation: Operation<T>, explain: (error: unknown) => Failure): Coroutine<T> {
  try {
    return yield* operation
  } catch (error) {
    if (error instanceof GreenletExit || error instanceof Timeout || error instanceof OutputLost) throw error
    throw explain(error)
  }
}

function restart(timeout: Timeout): void {
  timeout.cancel()
  timeout.start()
}

function tooLarge(limit: number): Failure {
  return new Failure('TOO_LARGE', `the body is larger than ${sizeText(limit)} (--max-size)`, { kind: 'body' })
}

function sizeOf({ body }: Request): number {
  return body === undefined ? 0 : Buffer.byteLength(body)
}

function exchange(
  sent: Omit<Exchange, 'status' | 'statusText' | 'responseHeaders' | 'error'>,
  response: GreenResponse | undefined,
  failure: Failure | undefined,
): Exchange {
  const { status = 0, statusText = '', headers = new Headers() } = response ?? {}
  return { ...sent, status, statusText, responseHeaders: headers, error: failure?.message }
}
