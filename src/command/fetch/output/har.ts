import { closeSync, openSync } from 'node:fs'
import { UsageError } from '../../usage-error.js'
import { isSecretHeader, withoutCredentials } from '../requests/secret-headers.js'
import { OutputLost } from './output-lost.js'
import { writeWhole } from './write-whole.js'

/** One request and its answer, as far as it came. Times are milliseconds. */
export interface Exchange {
  readonly url: string
  readonly method: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestSize: number
  readonly began: Date
  readonly status: number
  readonly statusText: string
  readonly responseHeaders: Iterable<[string, string]>
  readonly size: number
  readonly error: string | undefined
  readonly dns: number | undefined
  readonly connect: number | undefined
  readonly tls: number | undefined
  readonly firstByte: number | undefined
  readonly total: number
}

const TAIL = '\n]}}\n'

/** An HTTP archive (HAR 1.2) that is one at every moment: each entry is written together with the end of the file. */
export class HttpArchive {
  private readonly descriptor: number
  private position = 0
  private readonly head: string

  /** @throws UsageError when it cannot be written. */
  constructor(
    private readonly path: string,
    version: string,
  ) {
    const creator = JSON.stringify({ name: 'gvent fetch', version })
    this.head = `{"log":{"version":"1.2","creator":${creator},"pages":[],"entries":[\n`
    try {
      this.descriptor = openSync(path, 'w')
    } catch (error) {
      throw new UsageError(`--har ${path} cannot be written: ${(error as Error).message}`)
    }
  }

  /** Adds an exchange. Credentials and cookies are left out. @throws OutputLost. */
  add(exchange: Exchange): void {
    this.write(`${this.position === 0 ? this.head : ',\n'}${JSON.stringify(entryOf(exchange))}`)
  }

  /** Ends it. @throws OutputLost. */
  close(): void {
    if (this.position === 0) this.write(this.head)
    closeSync(this.descriptor)
  }

  private write(text: string): void {
    try {
      const all = Buffer.from(text + TAIL)
      writeWhole(this.descriptor, all, this.position)
      this.position += all.length - TAIL.length
    } catch (error) {
      throw new OutputLost(this.path, error as NodeJS.ErrnoException)
    }
  }
}

function entryOf(exchange: Exchange): object {
  const { url, method, status, statusText, size, error, dns, connect, tls, firstByte, total } = exchange
  const responseHeaders = headersOf(exchange.responseHeaders)
  const find = (name: string): string => responseHeaders.find((header) => header.name === name)?.value ?? ''
  const parts = (dns ?? 0) + (connect ?? 0) + (tls ?? 0)
  return {
    startedDateTime: exchange.began.toISOString(),
    time: total,
    request: {
      method,
      url: withoutCredentials(url),
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headersOf(Object.entries(exchange.requestHeaders)),
      queryString: Array.from(new URL(url).searchParams, ([name, value]) => ({ name, value })),
      headersSize: -1,
      bodySize: exchange.requestSize,
    },
    response: {
      status,
      statusText,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: responseHeaders,
      content: { size, mimeType: find('content-type') },
      redirectURL: find('location'),
      headersSize: -1,
      bodySize: size,
      ...(error === undefined ? {} : { _error: error }),
    },
    cache: {},
    timings: {
      blocked: -1,
      dns: dns ?? -1,
      // As the format has it, TLS is a part of connecting.
      connect: connect === undefined ? -1 : connect + (tls ?? 0),
      ssl: tls ?? -1,
      send: 0,
      wait: Math.max(0, (firstByte ?? total) - parts),
      receive: firstByte === undefined ? 0 : Math.max(0, total - firstByte),
    },
  }
}

function headersOf(headers: Iterable<[string, string]>): { name: string; value: string }[] {
  return Array.from(headers, ([name, value]) => ({
    name,
    value: isSecretHeader(name) ? '(left out)' : name === 'location' ? withoutCredentials(value) : value,
  }))
}
