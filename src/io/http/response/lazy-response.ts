type Platform = globalThis.Response
type Body = ConstructorParameters<typeof globalThis.Response>[0]
type Init = NonNullable<ConstructorParameters<typeof globalThis.Response>[1]>

/** The parts that a {@link Response} was made of. @internal */
export interface Parts {
  readonly body: string | Uint8Array | null
  readonly status: number
  readonly statusText: string
  /** As they were given, names in any case; or as the platform has them, when somebody has had a look at `headers`. */
  readonly headers: Readonly<Record<string, string>> | Headers
}

/** Whether a value is a `Response`, of whichever class. @internal */
export function isResponse(value: unknown): value is Response {
  return value instanceof LazyResponse || value instanceof globalThis.Response
}

/**
 * The parts of a {@link Response}, if it is one whose body is whole and has not been looked at. @internal
 */
export function partsOf(response: object): Parts | undefined {
  return response instanceof LazyResponse ? response.parts() : undefined
}

const NO_HEADERS: Readonly<Record<string, string>> = {}
const TEXT = 'text/plain;charset=UTF-8'

/** The platform's class, looked at when the first response is made: that loads its whole fetch, some 50 ms. */
let platform: typeof globalThis.Response | undefined

function loadPlatform(): typeof globalThis.Response {
  const { Response: found } = globalThis
  // So that it passes for one of the platform's, wherever that is asked with instanceof.
  Object.setPrototypeOf(LazyResponse.prototype, found.prototype)
  return (platform = found)
}

class LazyResponse {
  private readonly given: Body | undefined
  private readonly init: Init | undefined
  private made: Headers | undefined
  private full: Platform | undefined

  constructor(body?: Body, init?: Init) {
    if (platform === undefined) loadPlatform()
    this.given = body
    this.init = init
    // What the platform refuses is left to it, so that the errors are its own.
    if (!isSimple(body, init)) this.materialize()
  }

  get status(): number {
    return this.init?.status ?? 200
  }

  get statusText(): string {
    return this.init?.statusText ?? ''
  }

  get ok(): boolean {
    const { status } = this
    return status >= 200 && status < 300
  }

  get headers(): Headers {
    if (this.full !== undefined) return this.full.headers
    if (this.made !== undefined) return this.made
    const { given, init } = this
    const headers = new Headers(init?.headers)
    if (typeof given === 'string' && !headers.has('content-type')) headers.set('content-type', TEXT)
    return (this.made = headers)
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more a response
  get type(): Platform['type'] {
    return 'default'
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more a response
  get url(): string {
    return ''
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more a response
  get redirected(): boolean {
    return false
  }

  get body(): Platform['body'] {
    return this.given === null || this.given === undefined ? null : this.materialize().body
  }

  get bodyUsed(): boolean {
    return this.full?.bodyUsed ?? false
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.materialize().arrayBuffer()
  }

  blob(): ReturnType<Platform['blob']> {
    return this.materialize().blob()
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer())
  }

  formData(): ReturnType<Platform['formData']> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as the platform has it
    return this.materialize().formData()
  }

  json(): Promise<unknown> {
    return this.materialize().json()
  }

  text(): Promise<string> {
    return this.materialize().text()
  }

  clone(): Platform {
    return this.materialize().clone()
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more a response
  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  static error(): Platform {
    return (platform ?? loadPlatform()).error()
  }

  static json(data: unknown, init: Init = {}): LazyResponse {
    const text: unknown = JSON.stringify(data)
    if (typeof text !== 'string') throw new TypeError('Response.json(data): the value cannot be serialized as JSON')
    const { headers } = init
    if (headers === undefined)
      return new LazyResponse(text, { ...init, headers: { 'content-type': 'application/json' } })
    const all = new Headers(headers)
    if (!all.has('content-type')) all.set('content-type', 'application/json')
    return new LazyResponse(text, { ...init, headers: all })
  }

  static redirect(...args: Parameters<typeof globalThis.Response.redirect>): Platform {
    return (platform ?? loadPlatform()).redirect(...args)
  }

  /** @internal */
  parts(): Parts | undefined {
    const { given = null, init, made, full, status, statusText } = this
    if (full !== undefined) return undefined
    const headers = made ?? ((init?.headers ?? NO_HEADERS) as Record<string, string>)
    return { body: given as string | Uint8Array | null, status, statusText, headers }
  }

  /** One of the platform's, for all that is asked for rarely. */
  private materialize(): Platform {
    return (this.full ??= new platform!(
      this.given,
      this.made === undefined ? this.init : { ...this.init, headers: this.made },
    ))
  }
}

/** Whether that can be sent as it is. */
function isSimple(body: unknown, init: Init | undefined): boolean {
  if (typeof body !== 'string' && !(body instanceof Uint8Array) && body !== null && body !== undefined) return false
  if (init === undefined) return true
  if (typeof init !== 'object' || (init as Init | null) === null) return false
  const { status = 200, statusText = '', headers } = init
  if (!Number.isInteger(status) || status < 200 || status > 599 || status === 205) return false
  if (body !== null && body !== undefined && (status === 204 || status === 304)) return false
  return (statusText === '' || /^[\t\x20-\x7e]*$/.test(statusText)) && (headers === undefined || areStrings(headers))
}

function areStrings(headers: object): headers is Record<string, string> {
  if (Object.getPrototypeOf(headers) !== Object.prototype) return false
  for (const name in headers) if (typeof (headers as Record<string, unknown>)[name] !== 'string') return false
  return true
}

/**
 * The platform's `Response`, for handlers of `HTTPServer` that have to be quick: making one of the platform's takes longer
 * than all the rest of an exchange, since each is ready to be a stream. This one becomes one of the platform's only when it is
 * asked for what that takes. Everything else is the same, and `instanceof` the platform's `Response` holds.
 *
 * ```ts
 * import { HTTPServer, Response } from 'gvent'
 * new HTTPServer({ port: 8080 }, () => new Response('Hello world!\n'))
 * ```
 *
 * There are two differences. Bytes are not copied, so do not change them before they were sent. And a header that cannot be sent
 * (a line break in its value, say) raises its error when the response is sent, and not when it is made.
 */
export const Response: typeof globalThis.Response = LazyResponse
/** A response, of whichever class. */
export type Response = globalThis.Response
