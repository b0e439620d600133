import type { Socket as NodeSocket } from 'node:net'
import { ClosedError } from '../../net/socket-errors.js'
import type { EventOutcome } from './event-wait.js'

/**
 * The state of a socket that is connected.
 *
 * @param event by which that is announced.
 * @param isUnderWay whether it still has to come to it.
 */
export function connectedBy<S extends NodeSocket>(
  event: string,
  isUnderWay: (socket: S) => boolean,
): EventOutcome<S, S> {
  return {
    describe: (socket) => `${socket.constructor.name}.connect`,
    peek(socket) {
      if (socket.errored !== null) throw socket.errored
      if (socket.destroyed) throw new ClosedError(`${this.describe(socket)}: this program has closed the socket`)
      return isUnderWay(socket) ? undefined : socket
    },
    events: { [event]: (socket: S) => socket },
    ignoresLateErrors: true,
    giveUp: (socket) => void socket.destroy(),
  }
}
