import { all } from '../waits/combinators.js'
import { call } from '../greenlets/call.js'
import { Pulled, type Items, type Stream } from './stage.js'

/**
 * Returns the stream of tuples of one item of each source, as long as each has one. The sources are asked at once.
 *
 * @param sources async iterables, iterables, `Queue`s, results of `imap`.
 */
export function zip<S extends readonly Items<unknown>[]>(
  ...sources: S
): Stream<{ -readonly [K in keyof S]: S[K] extends Items<infer T> ? T : never }> {
  return new Pulled<unknown, unknown[]>(sources, 'zip(source, …)', function* (...inputs) {
    const items = yield* all(inputs.map((input) => call(() => input.next())))
    if (items.length === 0 || items.some((item) => item.done === true)) return { done: true, value: undefined }
    return { done: false, value: items.map((item) => item.value) }
  }) as never
}
