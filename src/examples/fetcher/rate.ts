import { getHub, sleep, type Coroutine } from 'gvent'

/** Spreads starts evenly: no more than so many a second. */
export class Rate {
  private readonly interval: number
  private next = 0

  /** @param perSecond how many may start within a second; `Infinity` for no limit. */
  constructor(perSecond: number) {
    this.interval = 1000 / perSecond
  }

  /** Waits for the next turn. Those who wait get theirs in the order in which they came. */
  *turn(): Coroutine<void> {
    if (this.interval === 0) return
    const now = getHub().now()
    const turn = Math.max(now, this.next)
    this.next = turn + this.interval
    if (turn > now) yield* sleep(turn - now)
  }
}
