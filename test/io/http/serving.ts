import { getHub, idle, type Coroutine, type Operation } from 'gvent'

interface Stoppable {
  start(): Operation<unknown>
  stop(options: { timeout: number }): Operation<void>
}

/** Runs `body` beside a server, which is stopped in any case. */
export function* serving(server: Stoppable, body: () => Coroutine<unknown>): Coroutine<void> {
  yield* server.start()
  try {
    yield* body()
  } finally {
    yield* server.stop({ timeout: 0 })
  }
}

/** The errors that are reported while `body` runs. */
export function* reported(body: () => Coroutine<unknown>): Coroutine<unknown[]> {
  const hub = getHub()
  const { onError } = hub
  const errors: unknown[] = []
  hub.onError = (error) => errors.push(error)
  try {
    yield* body()
    yield* idle()
  } finally {
    hub.onError = onError
  }
  return errors
}
