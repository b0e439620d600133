// The caller's signal may live for ever, and must not hold all that it could ever have stopped.
const collected = new FinalizationRegistry<Exchange>((exchange) => {
  exchange.end()
})

/**
 * A request and its response on the wire, as far as stopping them goes. Whoever waits for a part of it enters; when the
 * last one gives up, the exchange is aborted: the connection goes, and the other end sees it.
 * @internal
 */
export class Exchange {
  /** Whether all that will come has come. */
  private over = false
  private waiting = 0
  private readonly controller = new AbortController()

  /** @param outer the caller's own signal, which stops the exchange as well until it is over. */
  constructor(private readonly outer: AbortSignal | undefined) {
    if (outer?.aborted) this.controller.abort(outer.reason)
    else outer?.addEventListener('abort', this)
  }

  /** For the platform's `fetch`. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Somebody begins to wait for a part of it. */
  enter(): void {
    this.waiting++
  }

  /** Somebody got what they waited for. */
  leave(): void {
    this.waiting--
  }

  /** Somebody gave up. */
  giveUp(): void {
    if (--this.waiting === 0) this.abort()
  }

  /** Stops it; what is being read of it fails with `reason`. Does nothing when all has come. */
  abort(reason?: unknown): void {
    if (this.over) return
    this.end()
    this.controller.abort(reason)
  }

  /** Nothing more will come. */
  end(): void {
    this.over = true
    this.outer?.removeEventListener('abort', this)
  }

  /** Ends it when `response`, which nobody read, is collected. */
  endWith(response: object): void {
    if (this.outer !== undefined) collected.register(response, this)
  }

  /** @internal */
  handleEvent(): void {
    this.abort(this.outer!.reason)
  }
}
