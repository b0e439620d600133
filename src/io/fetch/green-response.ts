import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { Chunks } from './chunks.js'
import type { FetchAbort } from './fetch-abort.js'
import { copyFacts, limitBody, limitOfWhole } from './body-limit.js'
import { explain, type Titled } from './fetch-error.js'
import { Lines, type LinesOptions } from './lines.js'
import { NetworkOperation } from '../net/network.js'
import { factsOf, withFacts } from '../node/fetch/response-facts.js'

type BodyMethod = 'arrayBuffer' | 'blob' | 'bytes' | 'formData' | 'json' | 'text'

/**
 * The response of `fetch`: Node's own `Response`, except that what reads its body can be waited for in greenlets too. It
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

const abortOfResponse = Symbol('gvent.abort')

interface Aborted extends Response {
  [abortOfResponse]: FetchAbort
}

function abortOf(response: object): FetchAbort {
  return (response as Aborted)[abortOfResponse]
}

/**
 * Makes the platform's response green, in place unless there is a limit.
 *
 * @param limit how many bytes the body may have.
 * @internal
 */
export function makeGreen(response: Response, abort: FetchAbort, limit?: number): GreenResponse {
  const { request } = abort
  if (!(response instanceof Response)) {
    throw new TypeError(`${request.title()}: the global fetch was replaced by one that does not return a Response`)
  }
  if (limit === undefined) return addMethods(response, abort)
  abort.isLimited = true
  return addMethods(limitBody(response, limit, request), abort)
}

function addMethods(response: Response, abort: FetchAbort): GreenResponse {
  prototypes ??= makePrototypes()
  const prototype = factsOf(response) === undefined ? prototypes.platforms : prototypes.stating
  const green = Object.setPrototypeOf(response, prototype) as Aborted
  green[abortOfResponse] = abort
  return green as unknown as GreenResponse
}

// Made when the first response comes: looking at the global Response loads the platform's whole fetch, some 50 ms.
let prototypes: ReturnType<typeof makePrototypes> | undefined

/** Makes the prototypes of the platform's responses, and of responses that have facts of their own. */
function makePrototypes(): { readonly platforms: object; readonly stating: object } {
  const platforms = Object.create(Response.prototype, Object.getOwnPropertyDescriptors(methods)) as object
  return { platforms, stating: withFacts(platforms) }
}

/** The platform's method for each body method; its own `bytes` came with Node 20.16. */
const platformMethods: Record<BodyMethod, (response: Response) => Promise<unknown>> = {
  arrayBuffer: (response) => Response.prototype.arrayBuffer.call(response),
  blob: (response) => Response.prototype.blob.call(response),
  bytes: async (response) => new Uint8Array(await Response.prototype.arrayBuffer.call(response)),
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- for large forms only, which is for the caller to know
  formData: (response) => Response.prototype.formData.call(response),
  json: (response) => Response.prototype.json.call(response),
  text: (response) => Response.prototype.text.call(response),
}

// What it is is for the caller to say.
function parseLine(line: string, number: number, request: Titled): never | undefined {
  if (line.trim() === '') return undefined
  try {
    return JSON.parse(line) as never
  } catch (error) {
    throw new SyntaxError(`jsonLines() of ${request.title()}: line ${number}: ${(error as Error).message}`, {
      cause: error,
    })
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
    return new Chunks(this, abortOf(this))
  },
  lines(options) {
    return new Lines(this.chunks(), abortOf(this).request, (line) => line, options)
  },
  jsonLines(options) {
    const { request } = abortOf(this)
    return new Lines<never>(this.chunks(), request, (line, number) => parseLine(line, number, request), options)
  },
  clone() {
    const abort = abortOf(this)
    const response = this as unknown as Response
    const clone = Response.prototype.clone.call(response)
    abort.branch(response, clone)
    // What a response was given of its own the platform does not clone.
    return addMethods(factsOf(response) === undefined ? clone : copyFacts(response, clone), abort)
  },
  [Symbol.dispose]() {
    abortOf(this).abort()
  },
}

class ReadBody<T> extends NetworkOperation<T, Response | undefined> {
  constructor(
    private readonly response: GreenResponse,
    private readonly method: BodyMethod,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T, Response | undefined>): void {
    const { method } = this
    const response = this.response as unknown as Response
    const abort = abortOf(response)
    const { request, isLimited } = abort
    const isRead = response.bodyUsed
    const limit = isLimited || isRead ? Infinity : limitOfWhole(response)
    const whole = limit === Infinity ? response : limitBody(response, limit, request)
    const body = abort.aborted ? Promise.reject(abort.reason) : platformMethods[method](whole)
    // Who asks for a body that was read is refused; that is not its end, and gives nothing up.
    if (!isRead) wait.detail = response
    body.then(
      (value) => {
        abort.end()
        wait.resolve(value as T)
      },
      (error: unknown) => {
        if (!isRead) abort.end()
        wait.reject(abort.aborted ? abort.reason : explain(error, request))
      },
    )
  }

  cancelWait({ detail }: Wait<T, Response | undefined>): void {
    if (detail !== undefined) abortOf(this.response).giveUp(detail)
  }

  override describe(): string {
    return `response.${this.method}() of ${abortOf(this.response).request.title()}`
  }
}
