import type { Socket as NodeSocket } from 'node:net'
import { Timer } from '../../scheduler/kernel/timers.js'
import { thread } from '../../scheduler/kernel/thread.js'

/**
 * For how long, in milliseconds, the client may send nothing, and for how long it may send. (The times are nginx's
 * `lingering_timeout` and `lingering_time`.)
 */
const QUIET = 5000
const TOTAL = 30_000

/**
 * Ends our side of a connection and throws away what still comes, for a while: a client that is still sending would see
 * a reset, and its answer would be lost with it. Node goes on reading what it does not understand. (RFC 9112, 9.6.)
 * @internal
 */
export class LingeringClose {
  private readonly timer: Timer<NodeSocket>
  private readonly hub = thread.hub

  constructor(node: NodeSocket) {
    this.timer = new Timer(destroy, node)
    this.hub.startTimer(this.timer, TOTAL)
    node.end()
    node.setTimeout(QUIET)
    node.resume()
  }

  /** Notes that the connection is closed. */
  closed(): void {
    this.hub.stopTimer(this.timer)
  }
}

function destroy(node: NodeSocket): void {
  node.destroy()
}
