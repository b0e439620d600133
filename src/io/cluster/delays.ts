import type { Settings } from './options.js'

/** After so many milliseconds a worker counts as one that works, and the next restart is as the first. */
const SETTLED = 60_000

/** How long to wait before a worker is replaced: longer each time, until one has lived for a while. @internal */
export class Delays {
  private last: number | undefined

  constructor(
    private readonly backoff: Settings['backoff'],
    private readonly random: () => number = Math.random,
  ) {}

  /** A worker has ended that had lived for so many milliseconds. */
  ended(lifetime: number): void {
    if (lifetime >= SETTLED) this.last = undefined
  }

  /** In how many milliseconds to try the next one. */
  next(): number {
    const { initial, factor, max, jitter } = this.backoff
    this.last = Math.min(this.last === undefined ? initial : this.last * factor, max)
    return this.last * (1 - jitter * this.random())
  }
}
