import { misuse } from '../checks/errors.js'

/** Where a permit came from. @internal */
export interface PermitSource {
  takeBack(permit: Permit): void
  toString(): string
}

/**
 * The right to go on that `acquire()` gives. With `using` it is given back at the end of the block, by whatever way the
 * block is left:
 *
 * ```ts
 * using permit = yield* lock.acquire()
 * ```
 *
 * It may be passed on: any holder may release it.
 */
export class Permit {
  private given = true

  /** @internal */
  constructor(private readonly source: PermitSource) {}

  /** Whether it was not released yet. */
  get held(): boolean {
    return this.given
  }

  /**
   * Gives it back before the end of the block.
   * @throws Error when it was given back before. At the end of the block nothing happens then.
   */
  release(): void {
    if (!this.given) {
      throw misuse(
        new Error(
          `permit.release(): this permit of ${this.source.toString()} was already released. ` +
            'Write `if (permit.held) permit.release()` where both may happen; `using` needs no release() at all',
        ),
        'GVENT_NOT_HELD',
      )
    }
    this[Symbol.dispose]()
  }

  /** Gives it back unless that was done before, for `using`. */
  [Symbol.dispose](): void {
    if (!this.given) return
    this.given = false
    this.source.takeBack(this)
  }

  /** Makes it void: the source took it back itself. @internal */
  revoke(): void {
    this.given = false
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return `a permit of ${this.source.toString()}`
  }
}
