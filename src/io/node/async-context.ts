import { AsyncLocalStorage, AsyncResource, executionAsyncResource } from 'node:async_hooks'
import { getCurrent } from '../../scheduler/kernel/thread.js'
import type { AmbientContext } from '../../scheduler/kernel/host.js'

// Not `requireManualDestroy`: whoever watches resources with `async_hooks` (a profiler, Node's test runner) would never
// learn that one is gone. Where nobody watches, Node does not look after it either, and that costs nothing.
/** Takes hold of the stores of every `AsyncLocalStorage`, as they are for whoever calls. */
export function captureContext(): AmbientContext {
  return new AsyncResource('Greenlet')
}

// Up to Node 23, and later under --no-async-context-frame, a store is kept in the resource, where `enterWith` changes it
// for good, and each storage hands its own on to new resources; afterwards it is kept in a frame that is never changed,
// and a change is lost when the scope is left. To try which it is would mean to use a storage: that switches promise hooks
// on in the whole process, and another copy of this library would take it for the first use of one.
/** Whether a captured context does not see later changes made inside of it. */
export const contextIsImmutable: boolean = !('_propagate' in AsyncLocalStorage.prototype)

type Resource = Record<symbol, unknown>

// A resource bears its two numbers, the frame (Node 22 has an empty one where it keeps none), and, where a store is kept
// in the resource, something for each storage that was ever used.
function isContextInUse(): boolean {
  const resource = captureContext() as unknown as Resource
  return Object.getOwnPropertySymbols(resource).some((symbol) =>
    symbol.description === 'context_frame' ? resource[symbol] !== undefined : typeof resource[symbol] !== 'number',
  )
}

let endFirstStep: (() => void) | undefined

/**
 * To be called after the step of a greenlet in which a store was used for the first time: that step did not run in a
 * resource of its own, and what it set there would reach all the code that runs in the same one.
 */
export function leaveFirstContext(): void {
  endFirstStep?.()
  endFirstStep = undefined
}

function noteFirstStep(): void {
  const resource = executionAsyncResource() as Resource
  const before = new Set(Object.getOwnPropertySymbols(resource))
  endFirstStep = () => {
    for (const symbol of Object.getOwnPropertySymbols(resource)) {
      if (!before.has(symbol)) Reflect.deleteProperty(resource, symbol)
    }
  }
}

/**
 * Calls `start` when an `AsyncLocalStorage` is used for the first time in this process; now, if one was already. Before
 * that no greenlet has a context to keep, and keeping one costs as much as a third of a switch and a quarter of a spawn.
 * Node tells nobody of that moment, so `run` and `enterWith`, through which every store is set, are replaced until then.
 */
export function onFirstContext(start: () => void): void {
  if (isContextInUse()) {
    start()
    return
  }
  const prototype = AsyncLocalStorage.prototype as unknown as Record<string, (...args: unknown[]) => unknown>
  const names = ['run', 'enterWith']
  const originals = names.map((name) => Object.getOwnPropertyDescriptor(prototype, name)!)
  const restore = (): void => {
    for (const [index, name] of names.entries()) Object.defineProperty(prototype, name, originals[index]!)
  }
  for (const [index, name] of names.entries()) {
    const original = originals[index]!.value as (...args: unknown[]) => unknown
    const replacement = new Proxy(original, {
      apply(target, receiver, args: unknown[]) {
        restore()
        if (!contextIsImmutable && getCurrent() !== undefined) noteFirstStep()
        start()
        return Reflect.apply(target, receiver, args)
      },
    })
    Object.defineProperty(prototype, name, { ...originals[index], value: replacement })
  }
}
