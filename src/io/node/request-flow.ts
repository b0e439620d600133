import type { ServerResponse } from 'node:http'
import type { Socket as NodeSocket } from 'node:net'
import { isHTTPOfNode } from './http-of-node.js'

interface Inner extends NodeSocket {
  /** Whether the server has stopped reading. */
  _paused?: boolean
}

interface Pending {
  _onPendingData?: (size: number) => void
}

/**
 * Stops Node's HTTP server from taking requests off a connection, and lets it go on. Of those that it has read already,
 * up to the end of one read, the rest still comes.
 *
 * Node stops by itself when more output is pending on a connection than its high-water mark, and goes on when it is
 * not.
 * A pause of the socket in the meantime is overruled by that; so a stop is made one: as much output is said to be
 * pending, in the way in which a response tells how much it has written before its turn. Where a Node has no such way
 * the socket is paused, which holds until the next response is sent.
 *
 * TLS goes on to decrypt what it has. Node raises that as an error, since its parser is paused; so it has to be kept
 * here.
 *
 * @internal
 */
export class RequestFlow {
  private release: (() => void) | null = null
  private unread: Buffer[] = []

  constructor(private readonly node: NodeSocket) {}

  /** @param response one of the connection's. */
  stop(response: ServerResponse): void {
    this.release ??= stop(this.node, response)
  }

  goOn(): void {
    const { release } = this
    if (release === null) return
    this.release = null
    release()
    this.feed()
  }

  /** Keeps what came while nothing is to be taken. @returns whether that is so. */
  keep(chunk: Buffer): boolean {
    const isPaused = (this.node as Inner)._paused === true
    if (this.release === null && !isPaused) return false
    // Node goes on by itself, and tells so before it reads.
    if (isPaused && this.unread.length === 0) this.node.prependOnceListener('resume', this.feed)
    this.unread.push(chunk)
    return true
  }

  private readonly feed = (): void => {
    const { unread } = this
    this.unread = []
    // It may be stopped again by a request in one of these.
    for (const chunk of unread) if (!this.keep(chunk)) this.node.emit('data', chunk)
  }
}

function stop(node: NodeSocket, response: ServerResponse): () => void {
  const inner = response as unknown as Pending
  if (inner._onPendingData === undefined || !isHTTPOfNode()) {
    node.pause()
    return () => node.resume()
  }
  const amount = node.writableHighWaterMark + 1
  inner._onPendingData(amount)
  return () => inner._onPendingData!(-amount)
}
