import type { Transform } from 'node:stream'
import { loadBuiltin } from '../load-builtin.js'
import { ResponseBody, type Flow } from './response-body.js'

const zlib = () => loadBuiltin('node:zlib') as typeof import('node:zlib') & { createZstdDecompress?: () => Transform }
const streams = () => loadBuiltin('node:stream') as typeof import('node:stream')

/** How many codings a body may have: each may make a thousandfold of what it is given. */
const MOST = 5
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd']

/** A body that comes compressed, decompressed as it comes. @internal */
export class DecodedBody {
  readonly stream: ReadableStream<Uint8Array>
  private readonly body: ResponseBody
  private decoders: readonly Transform[] = []
  private isOver = false

  /** @returns `undefined` for codings that are not known: the body is given as it comes then, as the platform does. */
  static for(codings: string, flow: Flow): DecodedBody | undefined {
    const names = codings.split(',').map((name) => name.trim().toLowerCase())
    if (names.length > MOST) throw new Error(`the body is encoded ${names.length} times, which is more than ${MOST}`)
    return names.every(isKnown) ? new DecodedBody(names.reverse(), flow) : undefined
  }

  private constructor(
    private readonly codings: readonly string[],
    private readonly flow: Flow,
  ) {
    this.body = new ResponseBody({
      resume: () => this.decoders.at(-1)?.resume(),
      stop: (reason) => {
        this.close()
        flow.stop(reason)
      },
      finish: (size) => flow.finish(size),
    })
    this.stream = this.body.stream
  }

  write(part: Uint8Array): boolean {
    if (this.isOver || part.length === 0) return true
    if (this.decoders.length === 0) this.begin(part)
    return this.decoders[0]!.write(part)
  }

  end(): void {
    if (this.decoders.length > 0) this.decoders[0]!.end()
    else if (!this.isOver) this.body.end()
  }

  fail(error: unknown): void {
    if (this.isOver) return
    this.close()
    this.body.fail(error)
  }

  private begin(part: Uint8Array): void {
    this.decoders = this.codings.map((coding, index) => decoderFor(coding, index === 0 ? part : undefined))
    const [first, last] = [this.decoders[0]!, this.decoders.at(-1)!]
    const failed = (error: Error): void => {
      if (this.isOver) return
      this.fail(new TypeError('terminated', { cause: error }))
      this.flow.stop(error)
    }
    for (const decoder of this.decoders) decoder.on('error', failed)
    if (this.decoders.length > 1) streams().pipeline(this.decoders, () => undefined)
    first.on('drain', () => this.flow.resume())
    last.on('data', (piece: Uint8Array) => {
      if (!this.isOver && !this.body.write(piece)) last.pause()
    })
    last.on('end', () => {
      if (!this.isOver) this.body.end()
      this.isOver = true
    })
  }

  private close(): void {
    this.isOver = true
    for (const decoder of this.decoders) decoder.destroy()
  }
}

function isKnown(coding: string): boolean {
  return CODINGS.includes(coding) && (coding !== 'zstd' || zlib().createZstdDecompress !== undefined)
}

/** As little strict as browsers and curl are: what came is given, even if the end is missing. */
function decoderFor(coding: string, beginning: Uint8Array | undefined): Transform {
  const { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } =
    zlib()
  const lax = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
  const { BROTLI_OPERATION_FLUSH } = constants
  if (coding === 'zstd') return createZstdDecompress!()
  if (coding === 'br')
    return createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH })
  if (coding !== 'deflate') return createGunzip(lax)
  // Some servers leave out the head that the format has (RFC 9110, 8.4.1.2).
  const hasHead = beginning === undefined || (beginning[0]! & 0x0f) === 8
  return hasHead ? createInflate(lax) : createInflateRaw(lax)
}
