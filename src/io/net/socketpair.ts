import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { green } from '../../scheduler/greenlets/call.js'
import { connect } from './connect.js'
import { listen } from './listening/listen.js'
import type { Socket } from './socket.js'

const pairing = green(function* socketpair(): Coroutine<[Socket, Socket]> {
  using listener = yield* listen({ host: '127.0.0.1', port: 0, exclusive: true })
  const connected = yield* connect(listener.address())
  let isPaired = false
  try {
    for (;;) {
      const accepted = yield* listener.accept()
      // Another process may have come first.
      isPaired = accepted.remotePort === connected.localPort
      if (isPaired) return [connected, accepted]
      accepted.close()
    }
  } finally {
    if (!isPaired) connected.close()
  }
})

/**
 * Makes two sockets that are connected with each other, over the loopback interface. (gevent: `gevent.socket.socketpair`.)
 *
 * ```ts
 * const [left, right] = yield* socketpair()
 * yield* left.sendAll('hello')
 * console.log(String(yield* right.recv()))
 * ```
 *
 * @returns the two ends.
 * Cancel safety: a kill or timeout leaves neither of them behind.
 */
export function socketpair(): Operation<[Socket, Socket]> {
  return pairing()
}
