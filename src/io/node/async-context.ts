import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { AmbientContext } from '../../scheduler/kernel/host.js'

// Not `requireManualDestroy`: whoever watches resources with `async_hooks` (a profiler, Node's test runner) would never
// learn that one is gone. Where nobody watches, Node does not look after it either, and that costs nothing.
/** Takes hold of the stores of every `AsyncLocalStorage`, as they are for whoever calls. */
export function captureContext(): AmbientContext {
  return new AsyncResource('Greenlet')
}

// Up to Node 23, and later under --no-async-context-frame, a store is kept in the resource, where `enterWith` changes it
// for good; afterwards it is kept in a frame that is never changed, and a change is lost when the scope is left.
function detectImmutableContext(): boolean {
  const storage = new AsyncLocalStorage<boolean>()
  const context = captureContext()
  let kept: boolean | undefined
  context.runInAsyncScope(() => storage.enterWith(true), undefined, undefined)
  context.runInAsyncScope(() => (kept = storage.getStore()), undefined, undefined)
  storage.disable()
  return kept !== true
}

/** Whether a captured context does not see later changes made inside of it. */
export const contextIsImmutable: boolean = detectImmutableContext()

// A resource bears its two numbers, and besides them something for each storage that was ever used, or the frame.
function isContextInUse(): boolean {
  const resource = captureContext() as unknown as Record<symbol, unknown>
  const others = Object.getOwnPropertySymbols(resource).filter((symbol) => typeof resource[symbol] !== 'number')
  return contextIsImmutable ? others.some((symbol) => resource[symbol] !== undefined) : others.length > 0
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
        start()
        return Reflect.apply(target, receiver, args)
      },
    })
    Object.defineProperty(prototype, name, { ...originals[index], value: replacement })
  }
}
