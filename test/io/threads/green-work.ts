import { sleep, transfer, type Coroutine } from 'gvent'

/** Functions for threads that need this package. */
export function* waits(text: string): Coroutine<string> {
  yield* sleep(1)
  return `${text} waited`
}

export function fill(buffer: Uint8Array): Uint8Array {
  return transfer(buffer.fill(7))
}
