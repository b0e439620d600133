import { misuse } from '../checks/errors.js'
import type { OptionNames } from '../checks/check-options.js'
import { nameOnly, type NamedOptions } from '../checks/named.js'
import { Queue } from './queue.js'
import { show } from '../checks/show.js'

/**
 * A queue without a buffer: a put ends only when a getter has the item. The first of the two waits for the
 * other; the getter resumes before the putter. (gevent: `gevent.queue.Channel`; Go: an unbuffered channel.)
 *
 * ```ts
 * const channel = new Channel<string>()
 * spawn(function* () { console.log(yield* channel.get()) })
 * yield* channel.put('hello')      // it was received
 * ```
 *
 * It is always empty and always full.
 * Cancel safety: when a putter is killed after a getter got the item, the put did happen. When a getter is killed after
 * it got the item and before it saw it, and no other getter waits, the channel keeps the item for the next one, since
 * the putter went on already.
 */
export class Channel<T> extends Queue<T> {
  /** @param options `name`: what reports call it. */
  constructor(options?: NamedOptions) {
    super(0, options)
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return nameOnly
  }

  protected override checkLimit(maxSize: number): number {
    if (maxSize === 0) return 0
    throw misuse(
      new RangeError(`${this.constructor.name}.maxSize = ${show(maxSize)}: a channel has no buffer; use a Queue`),
    )
  }

  protected override fullText(): string {
    return `${this.toString()}: no getter waits. Wait for one with \`yield* channel.put(item)\``
  }
}
