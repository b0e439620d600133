import { IncomingMessage } from 'node:http'
import { isHTTPOfNode } from './http-of-node.js'

/** The members that `@types/node` does not mention. */
interface Inner {
  _dumped: boolean
  readonly _eventsCount: number
  _dump(): void
}

/** The state of a stream; each can be set on every Node from 20 on. */
interface State {
  ended: boolean
  endEmitted: boolean
  destroyed: boolean
  closed: boolean
  closeEmitted: boolean
}

/**
 * Node's request, except that one without a body, which nobody has looked at as a stream, is not run through to its end when
 * it was answered: nobody would see that, and it takes a tenth of the time of a short exchange.
 * @internal
 */
export type FastRequest = IncomingMessage

let made: typeof IncomingMessage | undefined

/** The class of fast requests, made when it is first asked for: its base is in a module that takes long to load. @internal */
export function fastRequestClass(): typeof IncomingMessage {
  return (made ??= makeClass())
}

function makeClass(): typeof IncomingMessage {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on a request
  const nodeDump = (IncomingMessage.prototype as unknown as Inner)._dump as (() => void) | undefined
  class FastRequest extends IncomingMessage {
    /** Called when it was answered, for what nobody has read. @internal */
    _dump(): void {
      const inner = this as unknown as Inner
      if (!this.complete || this.readableLength > 0 || this.readableFlowing !== null || inner._eventsCount !== 0) {
        nodeDump?.call(this)
        return
      }
      inner._dumped = true
      const state = (this as unknown as { _readableState: State })._readableState
      state.ended = state.endEmitted = state.destroyed = state.closed = state.closeEmitted = true
    }
  }

  // Node stops the parser by insides of its own.
  class PausingRequest extends FastRequest {
    /** Takes a piece of the body, and stops the client when nobody reads; the next read lets it go on. */
    override push(chunk: unknown, encoding?: BufferEncoding): boolean {
      const takesMore = super.push(chunk, encoding)
      if (!takesMore && chunk !== null) this.socket.pause()
      return takesMore
    }
  }
  return isHTTPOfNode() ? FastRequest : PausingRequest
}
