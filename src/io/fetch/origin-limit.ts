import { BoundedSemaphore } from '../../scheduler/sync/semaphore.js'

/** One for each limit and origin that have requests. */
const semaphores = new Map<string, BoundedSemaphore>()

/**
 * The places for requests to the origin of `url` under a limit of `limit` at a time: requests with the same limit share them.
 * @internal
 */
export function placesFor(url: string, limit: number): BoundedSemaphore {
  const { origin } = new URL(url)
  const key = `${limit} ${origin}`
  let places = semaphores.get(key)
  if (places === undefined) {
    places = new OriginPlaces(limit, key)
    semaphores.set(key, places)
  }
  return places
}

/** Forgotten when nobody has a place any more: a crawler goes to a great many origins. */
class OriginPlaces extends BoundedSemaphore {
  constructor(
    limit: number,
    private readonly key: string,
  ) {
    super(limit, { name: `requests to ${key.slice(key.indexOf(' ') + 1)}` })
  }

  override release(): void {
    super.release()
    if (this.value === this.limit) semaphores.delete(this.key)
  }
}
