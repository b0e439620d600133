import type { Transferable } from 'node:worker_threads'
import { badArgument } from '../../scheduler/checks/bad-argument.js'

/** A value that is handed over to another thread, and not copied. @internal */
export class TransferredValue {
  constructor(
    readonly value: unknown,
    readonly list: readonly Transferable[],
  ) {}
}

/**
 * Marks an argument or the result of a function that runs in a {@link ThreadPool}: it is handed over to the other thread
 * and not copied. The thread that gives it away cannot use it any more.
 *
 * ```ts
 * const pixels = yield* pool.apply(blur, transfer(image.data))
 * ```
 *
 * @param value an `ArrayBuffer`, a view of one, or anything that contains such.
 * @param list what is handed over: the value itself, or the buffer of the view, unless given.
 * @returns a stand-in for the value, for a call of the pool or as the result of a function there.
 * @throws TypeError when it does not say what to hand over.
 */
export function transfer<T>(value: T, list?: readonly Transferable[]): T {
  return new TransferredValue(value, list ?? transferable(value)) as unknown as T
}

function transferable(value: unknown): readonly Transferable[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer]
  if (value instanceof ArrayBuffer || value instanceof MessagePort || value instanceof ReadableStream) {
    return [value as Transferable]
  }
  throw badArgument(
    'transfer(value)',
    'an ArrayBuffer or a view of one',
    value,
    'for a value that contains one, write transfer(value, [buffer])',
  )
}
