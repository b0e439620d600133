import { checkResult, openAsync } from '../generators/iteration.js'

/** A `for await` of lowered code: what happens between the awaits. */
export class AsyncLoop {
  /** The value of this turn. */
  value: unknown = undefined
  /** The result of `return`, to await when the loop is left early. */
  closing: unknown = undefined
  private readonly iterator: ReturnType<typeof openAsync>
  private readonly nextMethod: (this: unknown) => unknown
  /** Whether the iterator has more to give and is not asked for it just now. */
  private isOpen = false
  private error: { readonly raised: unknown } | undefined = undefined

  /**
   * @param iterable an async iterable, or an iterable.
   * @throws TypeError when it is neither.
   */
  constructor(iterable: unknown) {
    this.iterator = openAsync(iterable)
    this.nextMethod = this.iterator.next as (this: unknown) => unknown
  }

  /** Asks for the next value: what is to be awaited. */
  next(): unknown {
    this.isOpen = false
    return this.nextMethod.call(this.iterator)
  }

  /** Takes the answer. @returns whether there is a value. */
  took(answer: unknown): boolean {
    const result = checkResult(answer)
    if (result.done) return false
    this.value = result.value
    this.isOpen = true
    return true
  }

  /** Notes an error that ends the loop. */
  fail(raised: unknown): void {
    this.error = { raised }
  }

  /** Closes the iterator if the loop is left early. @returns whether that is to be awaited: `closing`. */
  closes(): boolean {
    if (!this.isOpen) return false
    const close = this.iterator.return
    if (close === undefined || close === null) return false
    this.closing = close.call(this.iterator)
    return true
  }

  /** Takes what closing the iterator gave. */
  closed(answer: unknown): void {
    if (this.error === undefined) checkResult(answer)
  }

  /** Raises the error that ended the loop, whatever closing it raised. */
  end(): void {
    if (this.error !== undefined) throw this.error.raised
  }
}
