import {
  NativePromise,
  executor,
  ignore,
  latest,
  nativeResolve,
  nativeThen,
  rejected,
  resolved,
} from '../calls/intrinsics.js'
import { AWAIT, Awaited, INNER, Mark, PASSED_ON } from './marks.js'

type Method = (this: unknown, ...args: unknown[]) => unknown
type AnyIterator = Partial<Record<'next' | 'throw' | 'return', Method | null>>

/**
 * Whether the engine closes a synchronous iterator of which a value is rejected, as the language asks since 2025. A
 * loop finds out, begun before any code that was compiled: so the answer is there when the first value of such code is
 * rejected. (A value that raises an error at once would tell sooner, but needs a `constructor` of its own on a promise,
 * and with one in the process the engine makes every `then` dearer.)
 */
let closesRejected = false

async function findOut(): Promise<void> {
  const iterator = {
    next: () => ({ done: false, value: Promise.reject(new Error('rejected')) }),
    return: () => {
      closesRejected = true
      return { done: true, value: Promise.resolve() }
    },
  }
  // eslint-disable-next-line @typescript-eslint/await-thenable -- a synchronous one is what is looked at
  for await (const item of { [Symbol.iterator]: () => iterator }) ignore(item)
}
findOut().catch(ignore)

/**
 * Opens what a `for await` or a `yield*` of an async generator iterates.
 *
 * @throws TypeError when it cannot be iterated.
 * @internal
 */
export function openAsync(iterable: unknown): AnyIterator {
  const open = (iterable as Record<symbol, Method | null | undefined>)[Symbol.asyncIterator]
  if (open !== undefined && open !== null) return asIterator(open.call(iterable), 'Symbol.asyncIterator')
  const openSync = (iterable as Record<symbol, Method>)[Symbol.iterator]!
  return new FromSync(asIterator(openSync.call(iterable), 'Symbol.iterator'))
}

function asIterator(value: unknown, method: string): AnyIterator {
  if (Object(value) === value) return value as AnyIterator
  throw new TypeError(`Result of the ${method} method is not an object`)
}

/** A synchronous iterator in the place of an asynchronous one. */
class FromSync {
  private readonly nextMethod: Method

  constructor(private readonly iterator: AnyIterator) {
    this.nextMethod = iterator.next!
  }

  next(...sent: unknown[]): Promise<unknown> {
    return this.goOn(() => this.nextMethod.apply(this.iterator, sent), true)
  }

  return(...sent: unknown[]): Promise<unknown> {
    let method: Method | null | undefined
    try {
      method = this.iterator.return
    } catch (error) {
      return rejected(error)
    }
    if (method === undefined || method === null) return resolved({ value: sent[0], done: true })
    return this.goOn(() => method.apply(this.iterator, sent), false)
  }

  throw(...sent: unknown[]): Promise<unknown> {
    let method: Method | null | undefined
    try {
      method = this.iterator.throw
    } catch (error) {
      return rejected(error)
    }
    if (method === undefined || method === null) {
      if (!closesRejected) return rejected(sent[0])
      try {
        const closed = this.iterator.return?.()
        if (closed !== undefined) checkResult(closed)
      } catch (error) {
        return rejected(error)
      }
      return rejected(noThrow())
    }
    return this.goOn(() => method.apply(this.iterator, sent), true)
  }

  private goOn(step: () => unknown, closes: boolean): Promise<unknown> {
    let done: boolean
    let promise: Promise<unknown>
    let isOpen = false
    try {
      const result = checkResult(step())
      done = Boolean(result.done)
      const { value } = result
      isOpen = closes && !done
      promise = nativeResolve.call(NativePromise, value)
    } catch (error) {
      if (isOpen && closesRejected) this.close()
      return rejected(error)
    }
    const answer = new NativePromise(executor)
    const { resolve, reject } = latest
    nativeThen.call(
      promise,
      (value) => {
        resolve({ value, done })
      },
      isOpen
        ? (error) => {
            if (closesRejected) this.close()
            reject(error)
          }
        : reject,
    )
    return answer
  }

  private close(): void {
    try {
      this.iterator.return?.()
    } catch {
      // What closes it is another error, and that one counts.
    }
  }
}

/**
 * The iterator of a `yield*` in a lowered async generator: the generator delegates to it synchronously, and each answer
 * of `inner` is awaited in between.
 * @internal
 */
export class Delegation {
  private isWaiting = false
  /** `return` was called because it cannot throw, which is an error whatever it answers. */
  private isClosing = false
  /** Whether the value of a `return` is being awaited, so that no delegate is asked. */
  private isReturning = false
  private readonly nextMethod: Method
  private readonly inner: AnyIterator

  constructor(
    inner: unknown,
    /** Makes the result of the whole of what the inner iterator gave at last. */
    private readonly finish: (value: unknown) => unknown = (value) => value,
  ) {
    this.inner = inner as AnyIterator
    this.nextMethod = this.inner.next!
  }

  [Symbol.iterator](): this {
    return this
  }

  next(sent: unknown): IteratorResult<unknown> {
    if (!this.isWaiting) return this.ask(this.nextMethod, sent)
    const { done, value } = this.answer(sent)
    return done ? { done, value: this.finish(value) } : { done, value: new Mark(value, PASSED_ON) }
  }

  throw(error: unknown): IteratorResult<unknown> {
    const { inner } = this
    if (this.isWaiting || this.isReturning) {
      this.isWaiting = false
      throw error
    }
    const method = inner.throw
    if (method !== undefined && method !== null) return this.ask(method, error)
    const close = inner.return
    if (close === undefined || close === null) throw noThrow()
    const answer = close.call(inner)
    this.isWaiting = this.isClosing = true
    return { done: false, value: new Mark(answer, AWAIT) }
  }

  return(sent: unknown): IteratorResult<unknown> {
    const { inner } = this
    if (this.isReturning) return { done: true, value: sent }
    if (this.isWaiting) {
      const { done, value } = this.answer(sent instanceof Awaited ? sent.value : sent)
      return done ? { done, value: new Awaited(value) } : { done, value: new Mark(value, PASSED_ON) }
    }
    const method = inner.return
    const value = sent instanceof Awaited ? sent.value : sent
    if (method !== undefined && method !== null) return this.ask(method, value)
    // It was awaited before, and the language does so once more.
    this.isReturning = true
    return { done: false, value: new Mark(value, INNER) }
  }

  private ask(method: Method, sent: unknown): IteratorResult<unknown> {
    const promise = method.call(this.inner, sent)
    this.isWaiting = true
    return { done: false, value: new Mark(promise, INNER) }
  }

  private answer(result: unknown): { done: boolean; value: unknown } {
    this.isWaiting = false
    const answer = checkResult(result)
    if (this.isClosing) throw noThrow()
    const done = Boolean(answer.done)
    return { done, value: answer.value }
  }
}

/** @throws TypeError for what no iterator may answer. @internal */
export function checkResult(result: unknown): { done?: unknown; value?: unknown } {
  if (Object(result) === result) return result as { done?: unknown; value?: unknown }
  throw new TypeError(`Iterator result ${String(result)} is not an object`)
}

function noThrow(): TypeError {
  return new TypeError("The iterator does not provide a 'throw' method.")
}
