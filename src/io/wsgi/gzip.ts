import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { Buffer } from 'node:buffer'
import { constants, createGzip, type Gzip } from 'node:zlib'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { until } from '../../scheduler/kernel/until.js'
import type { Chunk, HeaderList, Middleware } from './application.js'
import { mapBody } from './body.js'

/** Options of {@link gzip}. */
export interface GzipOptions {
  /** From 1, quick, to 9, small: 6 unless given. */
  level?: number | undefined
}

const gzipOptionNames: OptionNames = { own: ['level'] }

/** The types of content that get much smaller. Pictures, films and archives do not. */
const COMPRESSIBLE = /^(text\/|application\/(json|javascript|xml|wasm|[\w.-]+\+(json|xml))|image\/svg\+xml)/i

/**
 * Middleware that compresses bodies of text for clients that take them so. Each chunk goes out as soon as it is
 * compressed, so that an application that sends now and then still does.
 */
export function gzip(options: GzipOptions = {}): Middleware {
  checkOptions(options, gzipOptionNames)
  const { level = 6 } = options
  return (app) =>
    function* gzip(environ, startResponse): Coroutine<void> {
      const accepted = accepts((environ['HTTP_ACCEPT_ENCODING'] as string | undefined) ?? '')
      let compressor: Compressor | null = null
      const written: Chunk[] = []
      const start: typeof startResponse = (status, headers, exception) => {
        compressor?.close()
        compressor = null
        const isWanted = isCompressible(status, headers)
        if (isWanted && accepted && environ.REQUEST_METHOD !== 'HEAD') compressor = new Compressor(level)
        const write = startResponse(status, isWanted ? adapt(headers, accepted) : headers, exception)
        if (compressor === null) return write
        return (data) => {
          // It comes before the next chunk.
          written.push(data)
          return write('')
        }
      }
      const compress = function* (chunk: Chunk, isEnd: boolean): Coroutine<Chunk> {
        if (compressor === null) return chunk
        const all = Buffer.concat([...written.splice(0), chunk].map((each) => Buffer.from(each as string)))
        return yield* compressor.compress(all, isEnd)
      }
      try {
        yield* mapBody(
          app(environ, start),
          (chunk) => compress(chunk, false),
          () => compress('', true),
        )
      } finally {
        ;(compressor as Compressor | null)?.close()
      }
    }
}

class Compressor {
  private readonly stream: Gzip
  private output: Buffer[] = []

  constructor(level: number) {
    this.stream = createGzip({ level })
    this.stream.on('data', (piece: Buffer) => this.output.push(piece))
  }

  /** Compresses `data`. */
  *compress(data: Buffer, isEnd: boolean): Coroutine<Buffer> {
    if (data.length === 0 && !isEnd) return data
    const { stream } = this
    const done = new Promise<void>((resolve, reject) => {
      stream.once('error', reject)
      if (isEnd) stream.once('end', resolve).end(data)
      else {
        stream.write(data)
        stream.flush(constants.Z_SYNC_FLUSH, resolve)
      }
    })
    yield* until(done)
    return Buffer.concat(this.output.splice(0))
  }

  close(): void {
    this.stream.destroy()
  }
}

/** Whether `Accept-Encoding` lets gzip through. */
function accepts(header: string): boolean {
  const [, weight] = /(?:^|,)\s*(?:gzip|x-gzip|\*)\s*(?:;\s*q=([\d.]+)\s*)?(?:,|$)/i.exec(header) ?? [undefined, '0']
  return Number(weight ?? 1) > 0
}

function isCompressible(status: string, headers: HeaderList): boolean {
  if (/^(1..|204|206|304)/.test(status)) return false
  const find = (name: string): string | undefined => headers.find(([key]) => key.toLowerCase() === name)?.[1]
  if (find('content-encoding') !== undefined || /no-transform/i.test(find('cache-control') ?? '')) return false
  return COMPRESSIBLE.test(find('content-type') ?? '')
}

function adapt(headers: HeaderList, isCompressed: boolean): HeaderList {
  // Caches have to know that there are two of it.
  const adapted: [string, string][] = [['Vary', 'Accept-Encoding']]
  if (isCompressed) adapted.push(['Content-Encoding', 'gzip'])
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (isCompressed && key === 'content-length') continue
    // It is the same text, but not byte for byte.
    if (isCompressed && key === 'etag' && !value.startsWith('W/')) adapted.push([name, `W/${value}`])
    else adapted.push([name, value])
  }
  return adapted
}
