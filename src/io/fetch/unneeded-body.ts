import { green, type GreenFunction } from '../../scheduler/greenlets/call.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import type { GreenResponse } from './green-response.js'

/** The size in bytes up to which an unneeded body is read; a larger one is cut off. */
const SMALL = 64 * 1024

/** Reads a body that is not needed, if it is small, so that the connection can be used again. @internal */
export const readUnneeded: GreenFunction<[GreenResponse, WaitOptions?], Coroutine<void>> = green(function* read(
  response: GreenResponse,
  options?: WaitOptions,
) {
  const length = Number(response.headers.get('content-length') ?? Infinity)
  if (length <= SMALL) yield* response.arrayBuffer(options)
})
