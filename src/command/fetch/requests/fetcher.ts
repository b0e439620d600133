import { sleep, type Coroutine } from '../../../index.js'
import type { Options } from '../options/options.js'
import type { Bodies } from '../output/bodies.js'
import { attempt, type AttemptOptions } from './attempt.js'
import { Failure } from './failure.js'
import type { Place } from './places.js'
import { pauseAfter } from './retry.js'
import type { Transfer } from './transfer.js'

/** Fetches URLs, each as often as it takes and is allowed. */
export class Fetcher {
  /** @param onPause called before a pause, with its milliseconds. */
  constructor(
    private readonly options: Options,
    private readonly bodies: Bodies,
    private readonly attempts: AttemptOptions,
    private readonly onPause: (transfer: Transfer, pause: number) => void,
  ) {}

  /** Fetches one. @throws Failure, OutputLost. */
  *fetch(transfer: Transfer, place: Place): Coroutine<void> {
    const { target } = transfer
    if (target.mistake !== undefined) throw target.mistake
    const { options, bodies, attempts } = this
    const request = attempts.requests.for(target)
    const url = new URL(target.url)
    const body = bodies.for(transfer, bodies.names?.pathFor(target, url))
    try {
      for (let number = 1; ; number++) {
        yield* place.enter(url.host)
        try {
          yield* attempt(transfer, request, body, place, attempts)
          transfer.failure = undefined
          return
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          const pause = pauseAfter(error, number, request.method, options)
          if (pause === undefined) throw error
          transfer.failure = error
          this.onPause(transfer, pause)
          yield* place.pause(sleepFor(pause))
        } finally {
          place.leave()
        }
      }
    } finally {
      body.close()
    }
  }
}

function* sleepFor(milliseconds: number): Coroutine<void> {
  yield* sleep(milliseconds)
}
