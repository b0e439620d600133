import { scope, type Coroutine, type Socket } from 'gvent'

/** Hands on what comes in at one socket to the other, until it ends; then it ends the other. */
function* pass(from: Socket, to: Socket): Coroutine<void> {
  for (let chunk = yield* from.recv(); chunk !== null; chunk = yield* from.recv()) yield* to.sendAll(chunk)
  yield* to.shutdown()
}

/**
 * Connects two sockets with each other, until both directions have ended. Each waits for the slower side: neither ever
 * holds more than a chunk.
 */
export function* relay(one: Socket, other: Socket): Coroutine<void> {
  yield* scope(function* (both) {
    both.spawn(pass, one, other)
    both.spawn(pass, other, one)
  })
}
