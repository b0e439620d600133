import { misuse } from '../checks/errors.js'
import type { Item, Mapping } from './mapping-run.js'
import type { Operation } from '../kernel/operation.js'

/** Options of `imap` and `imapUnordered`. */
export interface ImapOptions {
  /** How many items may be taken whose results were not read yet. */
  maxSize?: number | undefined
}

/**
 * The results of `imap` and `imapUnordered`: results, one after another. Every loop over it calls the function again for all
 * items.
 */
export class Results<R> implements Iterable<Operation<Item<R>>>, AsyncIterable<R> {
  /** @internal */
  constructor(private readonly begin: () => Mapping<R>) {}

  /** For a loop in a greenlet: gives operations, each of which gives a result. Leaving the loop kills the workers. */
  [Symbol.iterator](): Iterator<Operation<Item<R>>, undefined> {
    const mapping = this.begin()
    let given = false
    return {
      next: () => {
        if (mapping.finished) return { done: true, value: undefined }
        if (given && !mapping.wasRead()) {
          mapping.stop()
          throw misuse(
            new TypeError(
              'for (const next of pool.imap(fn, items)): the loop went on without waiting for a result; ' +
                'write `const item = yield* next` in it',
            ),
          )
        }
        given = true
        return { done: false, value: mapping.next }
      },
      return: () => {
        mapping.stop()
        return { done: true, value: undefined }
      },
    }
  }

  /**
   * For a loop outside of greenlets. Leaving it kills the workers and waits for their cleanup; so does an error, since
   * `for await` cannot go on after one.
   */
  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    const mapping = this.begin()
    return {
      next: async () => {
        try {
          return await mapping.next
        } catch (error) {
          await mapping.close()
          throw error
        }
      },
      return: async () => {
        await mapping.close()
        return { done: true, value: undefined }
      },
    }
  }
}
