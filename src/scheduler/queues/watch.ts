import { Named, type NamedOptions } from '../checks/named.js'
import { AttemptOn, Line, type Claim } from '../kernel/line.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Receiving } from './receiving.js'

/**
 * A value that changes, of which only the latest one matters. (tokio: `sync::watch`.)
 *
 * ```ts
 * const config = new Watch({ level: 'info' })
 * spawn(function* () {
 *   for (;;) console.log((yield* config.changed()).level)
 * })
 * config.set({ level: 'debug' })
 * ```
 *
 * `changed()` waits for the next change after the call, so a loop misses those that happen between two calls. A
 * subscription ({@link Watch.subscribe}) remembers which value it has seen.
 */
export class Watch<T> extends Named {
  /** @internal */
  readonly line: Line<T, number> = new Line<T, number>()
  private current: T
  private changes = 0

  /** @param value the first value. */
  constructor(value: T, options?: NamedOptions) {
    super(options)
    this.current = value
  }

  /** The latest value. Assigning one is a change, also if it is the same. */
  get value(): T {
    return this.current
  }

  set value(value: T) {
    this.set(value)
  }

  /** Sets the value and wakes all that wait for a change; it may be called from anywhere. */
  set(value: T): void {
    this.current = value
    this.changes++
    this.line.endAll((wait) => {
      wait.operation.complete(wait)
    })
  }

  /** Sets the value to what `change` makes of the present one. */
  update(change: (value: T) => T): void {
    this.set(change(this.current))
  }

  /**
   * Waits for the next change.
   *
   * @returns the value as it is by then.
   * Cancel safety: nothing is lost.
   */
  changed(options?: WaitOptions): Operation<T> {
    return new Changed<T>(this, undefined, options)
  }

  /** Begins to follow the value; the present one counts as seen. */
  subscribe(): Watcher<T> {
    return new Watcher(this)
  }

  /** Returns a snapshot for monitoring and tests. */
  stats(): { changes: number; waiting: number } {
    return { changes: this.changes, waiting: this.line.size }
  }

  /** @internal */
  summary(): string {
    return `${this.changes} changes, ${this.line.size} waiting`
  }

  /** How often it was set. @internal */
  get version(): number {
    return this.changes
  }
}

/** Follows a {@link Watch}: knows which value it has seen last. */
export class Watcher<T> implements AsyncIterable<T> {
  /** @internal */
  seen: number

  /** @internal */
  constructor(private readonly watch: Watch<T>) {
    this.seen = watch.version
  }

  /** The latest value, which counts as seen then. */
  get value(): T {
    this.seen = this.watch.version
    return this.watch.value
  }

  /**
   * Waits for a value that it has not seen; there may be one already.
   *
   * @returns the latest value, which counts as seen then.
   * Cancel safety: a value that nobody got to see counts as not seen.
   */
  changed(options?: WaitOptions): Operation<T> {
    return new Changed<T>(this.watch, this, options)
  }

  /** Gives the latest value after each change, for ever; values in between may be skipped. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return new Receiving<T>(this.changed(), () => undefined)
  }
}

/** `watch.changed()`, on behalf of a watcher or of nobody. */
class Changed<T> extends AttemptOn<Watch<T>, T, number> {
  constructor(
    watch: Watch<T>,
    private readonly watcher: Watcher<T> | undefined,
    options: WaitOptions | undefined,
  ) {
    super(watch, options)
  }

  isReady(): boolean {
    return this.watcher !== undefined && this.watcher.seen !== this.source.version
  }

  // An undo needs to know which value the watcher had seen before.
  perform(claim: Claim<number>): T {
    const { source, watcher } = this
    if (watcher !== undefined) {
      claim.detail = watcher.seen
      watcher.seen = source.version
    }
    return source.value
  }

  override undoWait(wait: Wait<T, number>): void {
    if (this.watcher !== undefined) this.watcher.seen = wait.detail
  }

  override describe(): string {
    return `${this.source.toString()}.changed`
  }
}
