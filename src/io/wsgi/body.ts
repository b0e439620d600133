import { isCoroutine, isWaitable, type Coroutine } from '../../scheduler/kernel/frames.js'
import { handOn } from './yield-through.js'
import { SourceReader, type Source } from '../../scheduler/groups/source.js'
import { show } from '../../scheduler/checks/show.js'
import { promisedByHandler } from '../http/request-greenlet.js'
import { asData } from '../net/check-data.js'
import { GatewayError, type Chunk } from './application.js'

/** @internal */
export function isChunk(value: unknown): value is Chunk {
  return typeof value === 'string' || value instanceof Uint8Array
}

/**
 * Whatever an application gave, as a coroutine that yields the chunks of the body, and waits in between:
 * `yield* bodyOf(app(environ, startResponse))` in a middleware passes the body of any application on.
 */
export function bodyOf(result: unknown): Coroutine<unknown> {
  return isCoroutine(result) ? result : chunksOf(result)
}

function* chunksOf(result: unknown): Coroutine<unknown> {
  if (isWaitable(result))
    return yield* bodyOf(isCoroutine(result) ? yield result : yield promisedByHandler(result as PromiseLike<unknown>))
  if (isChunk(result)) return yield result
  if (!isIterable(result)) throw notABody(result)
  const input = new SourceReader(result)
  try {
    for (let step = yield* input.take(); step.done !== true; step = yield* input.take()) yield checkChunk(step.value)
  } finally {
    yield* input.close()
    yield* close(result)
  }
  return undefined
}

function isIterable(result: unknown): result is Source<unknown> {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: open } = Object(result) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >
  return typeof openAsync === 'function' || typeof open === 'function'
}

// PEP 3333 has it called in any case, when the body is done with.
function* close(result: object): Coroutine<void> {
  const { close } = result as { close?: unknown }
  if (typeof close !== 'function') return
  const closing: unknown = close.call(result)
  if (isWaitable(closing)) yield closing
}

type Step = 'next' | 'throw' | 'return'

/**
 * Runs `body` inside the greenlet that calls it: hands the chunks that it yields to `take`, and everything else that it
 * yields to the hub, so that both come out of the same coroutine.
 *
 * @param take may wait, and yield chunks of its own to the driver of the caller.
 * @param beforeWait is called before anything is handed to the hub.
 * @returns what `body` returns.
 * @internal
 */
export function* drive(
  body: Coroutine<unknown>,
  take: (chunk: Chunk) => Coroutine<void> | undefined,
  beforeWait?: () => void,
): Coroutine<unknown> {
  let step: Step = 'next'
  let value: unknown = undefined
  let over = false
  try {
    for (;;) {
      over = true
      const result: IteratorResult<unknown> = step === 'throw' ? body.throw(value) : body.next(value)
      if (result.done === true) return result.value as unknown
      over = false
      step = 'next'
      try {
        if (isChunk(result.value)) {
          value = undefined
          const taking = take(result.value)
          if (taking !== undefined) yield* taking
        } else {
          beforeWait?.()
          value = yield* handOn(body, result)
        }
      } catch (error) {
        value = error
        step = 'throw'
      }
    }
  } finally {
    // Only when `return` is called on this coroutine itself.
    if (!over) yield* returning(body)
  }
}

/** Tells `body` to return, and runs its cleanup, which may wait. */
function* returning(body: Coroutine<unknown>): Coroutine<void> {
  for (let result = body.return(undefined); result.done !== true;) result = body.next(yield result.value)
}

/**
 * The body of `result`, each chunk of which is replaced by what `transform` gives for it: nothing, when that is empty.
 *
 * @param finish what comes at the end of the body.
 * @internal
 */
export function* mapBody(
  result: unknown,
  transform: (chunk: Chunk) => Coroutine<Chunk>,
  finish: () => Coroutine<Chunk>,
): Coroutine<void> {
  const passOn = function* (chunk: Chunk): Coroutine<void> {
    const replaced = yield* transform(chunk)
    if (replaced.length > 0) yield replaced
  }
  yield* drive(bodyOf(result), passOn)
  const rest = yield* finish()
  if (rest.length > 0) yield rest
}

function checkChunk(value: unknown): Chunk {
  if (isChunk(value)) return value
  throw new GatewayError(
    `a body consists of strings and bytes (Buffer, Uint8Array), got ${show(value)}; write ${asData(value)}`,
  )
}

function notABody(value: unknown): GatewayError {
  const hint = value === undefined ? 'did you forget `return`, or the * of a generator function?' : "write ['text']"
  return new GatewayError(
    `an application must return its body: a coroutine, an iterable or an async iterable, got ${show(value)}; ${hint}`,
  )
}
