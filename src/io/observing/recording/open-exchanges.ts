import type { Exchange } from '../events/exchange.js'

/** So many that have ended may be kept. */
const ENDED = 32

/**
 * The requests or fetches that have begun and not ended. Not a `Set`: for that each would get a hash, and the tables that
 * it leaves behind keep what a request has made until the next large collection, which Node 20 takes a third of its time for.
 */
export class OpenExchanges {
  private begun: Exchange[] = []
  private limit = ENDED

  add(exchange: Exchange): void {
    if (this.begun.push(exchange) <= this.limit) return
    this.begun = this.all()
    this.limit = this.begun.length * 2 + ENDED
  }

  /** Returns those that have not ended. */
  all(): Exchange[] {
    return this.begun.filter(({ milliseconds }) => milliseconds < 0)
  }
}
