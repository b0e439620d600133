import { LimitError } from '../net/socket-errors.js'

/**
 * How many bytes a body may have that comes compressed, unless the caller says otherwise: a thousandfold of what is sent can
 * come out of it. (The same number as for requests.)
 */
const COMPRESSED_LIMIT = 128 * 1024 * 1024

/** What a body may have at most; `given` goes first. @internal */
export function limitFor({ headers }: Pick<Response, 'headers'>, given: number | undefined): number {
  if (given !== undefined) return given
  const encoding = headers.get('content-encoding')
  return encoding === null || encoding === 'identity' ? Infinity : COMPRESSED_LIMIT
}

/** Counts what comes of a body. @internal */
export class BodyCounter {
  private size = 0

  constructor(
    private readonly limit: number,
    private readonly request: string,
  ) {}

  /** @throws LimitError when there is more than allowed. */
  count(chunk: Uint8Array): void {
    this.size += chunk.length
    if (this.size <= this.limit) return
    throw new LimitError(
      `${this.request}: the body has more than ${this.limit} bytes; write { maxBodySize } for more`,
      this.limit,
    )
  }
}

/** Reads a whole body. @throws LimitError, and lets go of the connection. @internal */
export async function readWhole(
  response: Pick<Response, 'body'>,
  limit: number,
  request: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const counter = new BodyCounter(limit, request)
  const chunks: Uint8Array[] = []
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader()
  try {
    for (let result = await reader?.read(); result?.done === false; result = await reader?.read()) {
      counter.count(result.value)
      chunks.push(result.value)
    }
  } catch (error) {
    if (error instanceof LimitError) reader?.cancel().catch(() => undefined)
    throw error
  }
  return new Uint8Array(Buffer.concat(chunks))
}
