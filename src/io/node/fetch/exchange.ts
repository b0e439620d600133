import { DecodedBody } from './decoded-body.js'
import type { DirectRequest } from './direct-request.js'
import type { DispatchHandler, DispatchOptions, Dispatcher } from './global-dispatcher.js'
import { ResourceTiming } from './resource-timing.js'
import { ResponseBody, type Flow } from './response-body.js'
import { noteFacts } from './response-facts.js'

/** A call of `fetch` that is under way. @internal */
export interface StoppableFetch {
  readonly response: Promise<Response>
  /** Aborts the request, or the response. Does nothing when all of it has come. */
  stop(reason: unknown): void
}

/** Responses that have no body, whatever comes (https://fetch.spec.whatwg.org/#null-body-status). */
const WITHOUT_BODY = [101, 204, 205, 304]
/** Answers that lead elsewhere. @internal */
export const REDIRECTS: readonly unknown[] = [301, 302, 303, 307, 308]

/** A request of a dispatcher and its response, whatever the version of undici calls the events. @internal */
export abstract class Exchange implements StoppableFetch, Flow {
  readonly response: Promise<Response>
  /** Called when it has a connection. */
  began: (() => void) | undefined = undefined
  private resolve!: (response: Response | Promise<Response>) => void
  private reject!: (error: unknown) => void
  private body: ResponseBody | DecodedBody | undefined
  private hasHead = false
  private isOver = false
  private isStopped = false
  private reason: unknown
  private dispatcher!: Dispatcher
  private status = 0
  private readonly timing = new ResourceTiming()
  /** The request that has taken over from this one. */
  private rest: StoppableFetch | undefined

  constructor(
    private readonly request: DirectRequest,
    private readonly follow: (answered: Dispatcher) => StoppableFetch,
  ) {
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
    this.dispatcher = dispatcher
    const { origin, path, method, headers, body } = this.request
    const options: DispatchOptions = { origin, path, method, headers, body }
    try {
      dispatcher.dispatch(options, this as unknown as DispatchHandler)
    } catch (error) {
      this.fail(error)
    }
  }

  stop(reason: unknown): void {
    this.isStopped = true
    this.reason = reason
    if (this.rest !== undefined) this.rest.stop(reason)
    // All of it may have come, and not be read.
    else if (this.isOver) this.body?.fail(reason)
    else {
      this.fail(reason)
      this.abort(reason)
    }
  }

  /** A connection has it. */
  protected begin(): void {
    if (this.isStopped) this.abort(this.reason)
    else this.began?.()
    this.timing.markSent()
  }

  protected isRedirect(status: number): boolean {
    return REDIRECTS.includes(status) && !this.request.takesRedirects && !this.isOver
  }

  /**
   * Has the platform follow a redirect: passes on the events that have come, and all that come later.
   *
   * @param events have come already.
   * @param names of those that may come.
   */
  protected handOver(events: Event[], names: readonly string[]): void {
    const answered = new Answered(this.dispatcher, events)
    for (const name of names) {
      Object.defineProperty(this, name, { value: (...args: unknown[]) => answered.tell(name, args) })
    }
    this.rest = this.follow(answered)
    this.resolve(this.rest.response)
  }

  protected head(status: number, statusText: string, raw: readonly Uint8Array[]): void {
    // Others come first, such as 103.
    if (status < 200 || this.isOver) return
    this.hasHead = true
    this.status = status
    this.timing.markAnswered()
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
    this.timing.addPart(part.length)
    return this.body?.write(part) ?? true
  }

  protected end(): void {
    this.isOver = true
    if (this.body === undefined) this.finish(0)
    else this.body.end()
  }

  finish(size: number): void {
    this.timing.finish(this.request.href, this.status, size)
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
    noteFacts(response, { url, status, statusText, ok: status <= 299, type: 'basic', redirected: false })
    if (stream !== null) queueMicrotask(() => this.isOver || abandoned.register(response, new WeakRef(stream)))
    return response
  }
}

const CODING = 'content-encoding'

/** Breaks off what nobody can read any more. */
const abandoned = new FinalizationRegistry<WeakRef<ReadableStream>>((reference) => {
  const stream = reference.deref()
  if (stream?.locked === false) stream.cancel().catch(() => undefined)
})

/** A call of a method of a handler. */
type Event = readonly [name: string, args: readonly unknown[]]

/** A dispatcher to which the answer to its first request has come already, or is coming. */
class Answered implements Dispatcher {
  private handler: Record<string, ((...args: unknown[]) => unknown) | undefined> | undefined

  constructor(
    private readonly target: Dispatcher,
    private readonly events: Event[],
  ) {}

  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    if (this.handler !== undefined) return this.target.dispatch(options, handler)
    this.handler = handler as unknown as NonNullable<typeof this.handler>
    for (const [name, args] of this.events) this.tell(name, args)
    return true
  }

  tell(name: string, args: readonly unknown[]): unknown {
    if (this.handler !== undefined) return this.handler[name]?.(...args)
    this.events.push([name, args])
    return true
  }
}
