import { getHub, idle, sleep, type Coroutine, type Operation } from 'gvent/scheduler'

/** The errors that nobody observed. */
export const reported: unknown[] = []
getHub().onError = (error) => reported.push(error)

/** Takes the errors that nobody observed. */
export function takeReported(): unknown[] {
  return reported.splice(0)
}

/** Takes them when I/O had its turn, for which their reports wait. */
export async function takeAllReported(): Promise<unknown[]> {
  for (let turns = 0; turns < 3; turns++) await idle()
  return takeReported()
}

export function* forEver(): Coroutine<never> {
  yield* sleep(Infinity)
  throw new Error('not reached')
}

export function* range(count: number): Generator<number, void, undefined> {
  for (let n = 0; n < count; n++) yield n
}

/** Waits for what is to fail. @returns the error. */
export function* raisedBy(work: Operation<unknown>): Coroutine<unknown> {
  try {
    yield* work
  } catch (error) {
    return error
  }
  return 'nothing was raised'
}
