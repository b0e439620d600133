import { OutgoingMessage, ServerResponse } from 'node:http'
import type { Socket as NodeSocket } from 'node:net'
import { isHTTPOfNode } from './http-of-node.js'

/** Members on which many a package relies, and which `@types/node` does not mention. */
interface Inner {
  readonly _header: string | null
  readonly _headerSent: boolean
  readonly _hasBody: boolean
  _contentLength: number | null
  _keepAliveTimeout: number
  finished: boolean
  _implicitHeader(): void
  _send(data: string, encoding: string, sent: () => void): boolean
  _finish(): void
  _flush(): void
}

/** Whether Node listens for the end of a connection, and goes on to when the response is over for which it began. */
const isListenedTo = Symbol('gvent.isListenedTo')

interface Assigned extends NodeSocket {
  _httpMessage: ServerResponse | null
  [isListenedTo]?: boolean
}

type End = (chunk?: unknown, encoding?: unknown, callback?: unknown) => unknown

/**
 * Node's response, except that one whose body is a text, which is given to `end()`, goes out by one write. Node's own
 * makes two of it, the second of which is empty and tells that the first is done, and joins them again, which takes a
 * tenth of the time of a short exchange.
 * @internal
 */
export interface FastResponse extends ServerResponse {
  /**
   * Has its head tell how long its body is, for a client of HTTP/1.1 that gets one; cheaper than a header of that name.
   *
   * @param fields the names and values of its headers, which get that one where the platform asks for it.
   */
  expectLength(size: number, fields: string[]): void
  /** Has it tell for how long its connection is kept open, in milliseconds, as Node does when it sees to that. */
  announceKeepAlive(milliseconds: number): void
}

let made: typeof ServerResponse | undefined

/**
 * The class of {@link FastResponse}, made when it is first asked for: its base is in a module that takes long to load.
 * @internal
 */
export function fastResponseClass(): typeof ServerResponse {
  return (made ??= makeClass())
}

function makeClass(): typeof ServerResponse {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on a response
  const nodeEnd = OutgoingMessage.prototype.end as End
  const isKnown = isHTTPOfNode()

  class FastResponse extends ServerResponse {
    override end(callback?: () => void): this
    override end(chunk: unknown, callback?: () => void): this
    override end(chunk: unknown, encoding: BufferEncoding, callback?: () => void): this
    override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
      const isPlain = (encoding === undefined || encoding === 'utf8') && callback === undefined
      if (typeof chunk === 'string' && chunk !== '' && isPlain && this.isWhole(chunk)) {
        this.sendWhole(chunk)
        return this
      }
      ;(super.end as End).call(this, chunk, encoding, callback)
      return this
    }

    // Node listens for the end of the connection again for each response. The listener asks which response the
    // connection has at the time, so one does for all of them. Express puts another prototype under the responses that
    // it gets: then Node's own method ends the listening, and nothing says that it goes on.
    override assignSocket(socket: NodeSocket): void {
      const goesOn = (socket as Assigned)[isListenedTo] === true
      ;(socket as Assigned)[isListenedTo] = false
      if (!goesOn) {
        super.assignSocket(socket)
        return
      }
      ;(socket as Assigned)._httpMessage = this
      ;(this as { socket: NodeSocket }).socket = socket
      this.emit('socket', socket)
      ;(this as unknown as Inner)._flush()
    }

    override detachSocket(socket: NodeSocket): void {
      if (!isKnown) {
        super.detachSocket(socket)
        return
      }
      ;(socket as Assigned)[isListenedTo] = true
      ;(socket as Assigned)._httpMessage = null
      ;(this as { socket: NodeSocket | null }).socket = null
    }

    expectLength(size: number, fields: string[]): void {
      if (isKnown) (this as unknown as Inner)._contentLength = size
      else fields.push('content-length', String(size))
    }

    announceKeepAlive(milliseconds: number): void {
      ;(this as unknown as Inner)._keepAliveTimeout = milliseconds
    }

    /** Whether `text` is all of the body, and can go out together with the head. */
    private isWhole(text: string): boolean {
      const inner = this as unknown as Inner
      const { socket } = this
      if (socket === null || socket.writableCorked > 0 || this.destroyed || this.strictContentLength) return false
      // A replacement of Node's own has to be asked.
      if (inner._headerSent || !isKnown || (super.end as End) !== nodeEnd) return false
      if (inner._header === null) {
        inner._contentLength = Buffer.byteLength(text)
        inner._implicitHeader()
      }
      return inner._hasBody && !this.chunkedEncoding
    }

    private sendWhole(text: string): void {
      const inner = this as unknown as Inner
      // Where it is the same it is quicker.
      const encoding = inner._contentLength === text.length ? 'latin1' : 'utf8'
      inner._send(text, encoding, () => {
        if ((this.socket as { _hadError?: boolean } | null)?._hadError !== true) this.emit('finish')
      })
      inner.finished = true
      inner._finish()
    }
  }
  return FastResponse as typeof ServerResponse
}
