import type { DispatchHandler, DispatchOptions, Dispatcher } from './global-dispatcher.js'
import { isPlainObject } from '../../scheduler/checks/plain-object.js'
import { DecodedBody } from './decoded-body.js'
import { ResponseBody, type Flow } from './response-body.js'

/** A call of `fetch` that is under way. @internal */
export interface StoppableFetch {
  readonly response: Promise<Response>
  /** Aborts the request, or the response. Does nothing when all of it has come. */
  stop(reason: unknown): void
}

/** A request that needs nothing of the platform's `fetch` but its response. @internal */
export interface DirectRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** Methods that `fetch` sends as they are. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']
/** Options that a direct request can have: these, and those that others see to. */
const OPTIONS = [
  ...['method', 'headers', 'body', 'redirect', 'dispatcher'],
  ...['signal', 'timeout', 'retries', 'maxPerOrigin', 'maxBodySize', 'maxRedirects'],
]
/** Ports from 1024 on that `fetch` refuses (https://fetch.spec.whatwg.org/#port-blocking). Below it refuses most. */
const REFUSED = [
  ...[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ],
].map(String)

/** The request that a call of `fetch` means, if it is plain enough to be sent directly. @internal */
export function directRequest(input: string | URL | Request, init: RequestInit): DirectRequest | undefined {
  const { method = 'GET', headers = {}, body = null, redirect } = init
  if (redirect !== 'manual' || !METHODS.includes(method) || !isPlainObject(init) || !isPlainObject(headers))
    return undefined
  if (body !== null && (!(typeof body === 'string' || body instanceof Uint8Array) || /^(?:GET|HEAD)$/.test(method)))
    return undefined
  if (!Object.keys(init).every((name) => OPTIONS.includes(name))) return undefined
  if (!Object.values(headers).every((value) => typeof value === 'string')) return undefined
  const url =
    input instanceof URL ? input : typeof input === 'string' && URL.canParse(input) ? new URL(input) : undefined
  if (url === undefined || !isPlainUrl(url)) return undefined
  return { url, method, headers: headers as Record<string, string>, body }
}

function isPlainUrl({ protocol, username, password, port }: URL): boolean {
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return false
  return port === '' || (Number(port) > 1023 && !REFUSED.includes(port))
}

/**
 * Sends a request by the dispatcher, without the platform's `fetch` in between, which takes three times as long: it follows
 * redirects, knows caches, and checks who may read what. The response is the platform's own.
 *
 * @param dispatcher or a promise of one.
 * @internal
 */
export function directFetch(dispatcher: Dispatcher | PromiseLike<Dispatcher>, request: DirectRequest): StoppableFetch {
  newest ??= Number(process.versions['undici']!.split('.')[0]) >= 8
  const exchange = newest ? new NewExchange(request) : new OldExchange(request)
  if ('then' in dispatcher)
    dispatcher.then(
      (there) => exchange.send(there),
      (error: unknown) => exchange.fail(error),
    )
  else exchange.send(dispatcher)
  return exchange
}

let newest: boolean | undefined

/** Responses that have no body, whatever comes (https://fetch.spec.whatwg.org/#null-body-status). */
const WITHOUT_BODY = [101, 204, 205, 304]

/** A request and its response. */
abstract class Exchange implements StoppableFetch, Flow {
  readonly response: Promise<Response>
  /** Called when it has a connection. */
  began: (() => void) | undefined = undefined
  private resolve!: (response: Response) => void
  private reject!: (error: unknown) => void
  private body: ResponseBody | DecodedBody | undefined
  private hasHead = false
  private isOver = false
  private isStopped = false
  private reason: unknown

  constructor(private readonly request: DirectRequest) {
    this.response = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  abstract pause(): void
  abstract resume(): void
  /** Breaks it off, if it has a connection. */
  protected abstract abort(reason: unknown): void

  send(dispatcher: Dispatcher): void {
    if (this.isStopped) return
    const { url, method, body } = this.request
    const options: DispatchOptions = {
      origin: url.origin,
      path: pathOf(url),
      method,
      headers: headersOf(this.request),
      body,
    }
    try {
      dispatcher.dispatch(options, this as unknown as DispatchHandler)
    } catch (error) {
      this.fail(error)
    }
  }

  stop(reason: unknown): void {
    this.isStopped = true
    this.reason = reason
    // All of it may have come, and not be read.
    if (this.isOver) this.body?.fail(reason)
    else {
      this.fail(reason)
      this.abort(reason)
    }
  }

  /** A connection has it. */
  protected begin(): void {
    if (this.isStopped) this.abort(this.reason)
    else this.began?.()
  }

  protected head(status: number, statusText: string, raw: readonly Uint8Array[]): void {
    // Others come first, such as 103.
    if (status < 200 || this.isOver) return
    this.hasHead = true
    const headers: [string, string][] = []
    let coding = ''
    for (let index = 0; index < raw.length; index += 2) {
      const name = (raw[index] as Buffer).toString('latin1')
      const value = (raw[index + 1] as Buffer).toString('latin1')
      headers.push([name, value])
      if (name.length === CODING.length && name.toLowerCase() === CODING)
        coding = coding === '' ? value : `${coding},${value}`
    }
    try {
      this.resolve(this.makeResponse(status, statusText, headers, coding))
    } catch (error) {
      this.hasHead = false
      this.stop(error)
    }
  }

  /** @returns whether more may come now. */
  protected data(part: Uint8Array): boolean {
    return this.body?.write(part) ?? true
  }

  protected end(): void {
    this.isOver = true
    this.body?.end()
  }

  /** It came to nothing, or to no end. */
  fail(error: unknown): void {
    if (this.isOver) return
    this.isOver = true
    if (this.hasHead) this.body?.fail(this.isStopped ? error : new TypeError('terminated', { cause: error }))
    else this.reject(this.isStopped ? error : new TypeError('fetch failed', { cause: error }))
  }

  private makeResponse(status: number, statusText: string, headers: [string, string][], coding: string): Response {
    const { url, method } = this.request
    const hasBody = method !== 'HEAD' && !WITHOUT_BODY.includes(status)
    if (hasBody) this.body = (coding === '' ? undefined : DecodedBody.for(coding, this)) ?? new ResponseBody(this)
    const { stream = null } = this.body ?? {}
    const response = new Response(stream, { headers })
    const facts = { type: 'basic', url: addressOf(url), status, statusText, ok: status <= 299 }
    for (const name in facts) {
      Object.defineProperty(response, name, { value: facts[name as keyof typeof facts], configurable: true })
    }
    if (stream !== null) queueMicrotask(() => this.isOver || abandoned.register(response, new WeakRef(stream)))
    return response
  }
}

/** The headers that the platform's `fetch` sends by default. */
const DEFAULTS: Readonly<Record<string, string>> = {
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
}

function headersOf({ url, headers, body }: DirectRequest): Readonly<Record<string, string>> {
  const all: Record<string, string> = { ...headers }
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const add = (name: string, value: string): void => {
    if (!names.includes(name)) all[name] = value
  }
  if (typeof body === 'string') add('content-type', 'text/plain;charset=UTF-8')
  for (const name in DEFAULTS) add(name, DEFAULTS[name]!)
  add('accept-encoding', url.protocol === 'https:' ? 'br, gzip, deflate' : 'gzip, deflate')
  return all
}

function pathOf({ pathname, search, href, hash }: URL): string {
  if (search !== '') return pathname + search
  return href[href.length - hash.length - 1] === '?' ? `${pathname}?` : pathname
}

function addressOf({ href, hash }: URL): string {
  return hash === '' ? href : href.slice(0, href.length - hash.length)
}

const CODING = 'content-encoding'

/** Breaks off what nobody can read any more. */
const abandoned = new FinalizationRegistry<WeakRef<ReadableStream>>((reference) => {
  const stream = reference.deref()
  if (stream?.locked === false) stream.cancel().catch(() => undefined)
})

/** The handler for undici up to version 7. */
class OldExchange extends Exchange {
  private abortIt: ((reason: unknown) => void) | undefined
  private resumeIt: (() => void) | undefined

  override pause(): void {
    // `onData` said so.
  }

  override resume(): void {
    this.resumeIt?.()
  }

  protected override abort(reason: unknown): void {
    this.abortIt?.(reason)
  }

  onConnect(abort: (reason: unknown) => void): void {
    this.abortIt = abort
    this.begin()
  }

  onHeaders(status: number, raw: Uint8Array[], resume: () => void, statusText: string): boolean {
    this.resumeIt = resume
    this.head(status, statusText, raw)
    return true
  }

  onData(part: Uint8Array): boolean {
    return this.data(part)
  }

  onComplete(): void {
    this.end()
  }

  onError(error: unknown): void {
    this.fail(error)
  }
}

interface Controller {
  readonly rawHeaders: Uint8Array[]
  pause(): void
  resume(): void
  abort(reason: unknown): void
}

/** The handler for undici from version 8 on. */
class NewExchange extends Exchange {
  private controller: Controller | undefined

  override pause(): void {
    this.controller?.pause()
  }

  override resume(): void {
    this.controller?.resume()
  }

  protected override abort(reason: unknown): void {
    this.controller?.abort(reason)
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller
    this.begin()
  }

  onResponseStart(controller: Controller, status: number, _headers: unknown, statusText: string): void {
    this.head(status, statusText, controller.rawHeaders)
  }

  onResponseData(_controller: Controller, part: Uint8Array): void {
    if (!this.data(part)) this.pause()
  }

  onResponseEnd(): void {
    this.end()
  }

  onResponseError(_controller: Controller, error: unknown): void {
    this.fail(error)
  }
}
