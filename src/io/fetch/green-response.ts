import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { Chunks } from './chunks.js'
import type { Exchange } from './fetch-abort.js'
import { limitFor, readWhole } from './body-limit.js'
import { explain } from './fetch-error.js'
import { Lines, type LinesOptions } from './lines.js'
import { NetworkOperation } from '../net/network.js'

type BodyMethod = 'arrayBuffer' | 'blob' | 'bytes' | 'formData' | 'json' | 'text'

/**
 * What `fetch` gives: Node's own `Response`, except that what reads its body can be waited for in greenlets too. It
 * passes for a `Response` wherever one is asked for, and `instanceof Response` holds.
 *
 * Each body method takes `{ timeout, signal }`, and raises what Node's does; where that says "terminated", the message
 * and `code` tell why. The body can be read once. Cancel safety: a kill or timeout while the body is being read aborts
 * the connection, unless somebody else reads a `clone()` of it at the time; what was not read is lost.
 *
 * A response that is not read holds its connection until it is collected: read it, or write
 * `using response = yield* fetch(url)`.
 */
export interface GreenResponse extends Omit<Response, BodyMethod | 'clone'>, Disposable {
  /** Reads the body as bytes. */
  arrayBuffer(options?: WaitOptions): Operation<ArrayBuffer>
  /** Reads the body into a `Blob` of the response's content type. */
  blob(options?: WaitOptions): Operation<Blob>
  /** Reads the body as bytes. */
  bytes(options?: WaitOptions): Operation<Uint8Array>
  /** Reads the body of a form. */
  formData(options?: WaitOptions): Operation<FormData>
  /** Reads the body as JSON. The type is for you to say: `json<Item[]>()`. @throws SyntaxError when it is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the platform types it
  json<T = any>(options?: WaitOptions): Operation<T>
  /** Reads the body as UTF-8. */
  text(options?: WaitOptions): Operation<string>
  /** The body as it arrives, for a loop. Leaving the loop early aborts the connection. */
  chunks(): Chunks
  /** The lines of the body as they arrive, for a loop. Leaving the loop early aborts the connection. */
  lines(options?: LinesOptions): Lines<string>
  /**
   * The values of a body of JSON lines (NDJSON) as they arrive, for a loop; empty lines are skipped. Leaving the loop early
   * aborts the connection. @throws SyntaxError for a line that is no JSON, with its number.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as json()
  jsonLines<T = any>(options?: LinesOptions): Lines<T>
  /** A second response with the same body, to read it twice. @throws TypeError when the body was read already. */
  clone(): GreenResponse
  /** Aborts the connection, unless the body was read to its end. */
  [Symbol.dispose](): void
}

/** Where a response came from. */
class Origin {
  constructor(
    readonly exchange: Exchange,
    readonly titled: Titled,
    /** How many bytes the body may have, if the caller said so. */
    readonly limit: number | undefined,
  ) {}

  /** The request in words, for errors. */
  get request(): string {
    return this.titled.title()
  }
}

interface Titled {
  title(): string
}

const origin = Symbol('gvent.origin')

interface Owned {
  [origin]: Origin
}

function originOf(response: object): Origin {
  return (response as Owned)[origin]
}

/** Makes the platform's response green, in place. @internal */
export function makeGreen(response: Response, exchange: Exchange, titled: Titled, limit?: number): GreenResponse {
  if (!(response instanceof Response)) {
    throw new TypeError(`${titled.title()}: the global fetch was replaced by one that does not give a Response`)
  }
  const green = Object.setPrototypeOf(response, getGreenPrototype()) as GreenResponse & Owned
  green[origin] = new Origin(exchange, titled, limit)
  return green
}

// Made when the first response comes: looking at the global Response loads the platform's whole fetch, some 50 ms.
let greenPrototype: object | undefined

function getGreenPrototype(): object {
  greenPrototype ??= Object.create(Response.prototype, Object.getOwnPropertyDescriptors(methods)) as object
  return greenPrototype
}

/** What the platform has for each body method; its own `bytes` came with Node 20.16. */
const platformMethods: Record<BodyMethod, (response: Response) => Promise<unknown>> = {
  arrayBuffer: (response) => Response.prototype.arrayBuffer.call(response),
  blob: (response) => Response.prototype.blob.call(response),
  bytes: async (response) => new Uint8Array(await Response.prototype.arrayBuffer.call(response)),
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- for large forms only, which is for the caller to know
  formData: (response) => Response.prototype.formData.call(response),
  json: (response) => Response.prototype.json.call(response),
  text: (response) => Response.prototype.text.call(response),
}

// What was counted is made into what was asked for by the platform.
async function readLimited(response: Response, method: BodyMethod, limit: number, request: string): Promise<unknown> {
  const bytes = await readWhole(response, limit, request)
  const type = response.headers.get('content-type')
  return platformMethods[method](new Response(bytes, type === null ? {} : { headers: { 'content-type': type } }))
}

// What it is is for the caller to say.
function parseLine(line: string, number: number, request: string): never | undefined {
  if (line.trim() === '') return undefined
  try {
    return JSON.parse(line) as never
  } catch (error) {
    throw new SyntaxError(`jsonLines() of ${request}: line ${number}: ${(error as Error).message}`, { cause: error })
  }
}

const methods: Pick<GreenResponse, BodyMethod | 'chunks' | 'clone' | 'jsonLines' | 'lines' | typeof Symbol.dispose> &
  ThisType<GreenResponse> = {
  arrayBuffer(options) {
    return new ReadBody(this, 'arrayBuffer', options)
  },
  blob(options) {
    return new ReadBody(this, 'blob', options)
  },
  bytes(options) {
    return new ReadBody(this, 'bytes', options)
  },
  formData(options) {
    return new ReadBody(this, 'formData', options)
  },
  json(options) {
    return new ReadBody(this, 'json', options)
  },
  text(options) {
    return new ReadBody(this, 'text', options)
  },
  chunks() {
    const { exchange, request, limit } = originOf(this)
    return new Chunks(this, exchange, request, limit)
  },
  lines(options) {
    return new Lines(this.chunks(), originOf(this).request, (line) => line, options)
  },
  jsonLines(options) {
    const { request } = originOf(this)
    return new Lines<never>(this.chunks(), request, (line, number) => parseLine(line, number, request), options)
  },
  clone() {
    const { exchange, titled, limit } = originOf(this)
    return makeGreen(Response.prototype.clone.call(this), exchange, titled, limit)
  },
  [Symbol.dispose]() {
    originOf(this).exchange.abort()
  },
}

class ReadBody<T> extends NetworkOperation<T> {
  constructor(
    private readonly response: GreenResponse,
    private readonly method: BodyMethod,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T>): void {
    const { response, method } = this
    const from = originOf(response)
    const { exchange } = from
    const limit = limitFor(response, from.limit)
    const read = (): Promise<unknown> => {
      const platforms = response as unknown as Response
      if (limit === Infinity || response.bodyUsed) return platformMethods[method](platforms)
      return readLimited(platforms, method, limit, from.request)
    }
    const body = exchange.aborted ? Promise.reject(exchange.reason) : exchange.read(response, wait, read)
    body.then(
      (value) => wait.resolve(value as T),
      (error: unknown) => wait.reject(exchange.aborted ? exchange.reason : explain(error, from.request)),
    )
  }

  cancelWait(wait: Wait<T>): void {
    originOf(this.response).exchange.giveUp(wait)
  }

  override describe(): string {
    return `response.${this.method}() of ${originOf(this.response).request}`
  }
}
