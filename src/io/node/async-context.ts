// How a greenlet keeps the stores of every `AsyncLocalStorage` over its waits.
//
// Node holds them in one of two ways. Since Node 24 the stores are a frame, a map that is never changed: `enterWith`
// and `run` put another one in its place, and what is awaited takes hold of the one that is there. Up to Node 23, and
// later under `--no-async-context-frame`, they are properties of the resource that runs, which `enterWith` changes for
// good, and which each storage hands on to new resources.
//
//     frames       the class of all frames is that of any frame, and any frame is in a new `AsyncResource`. Its methods
//                  `current` and `set` are two instructions of the engine, so that each step of a greenlet is put into
//                  its frame, and what it leaves there is kept: 1 ns, whether the greenlets share a frame or not.
//     resources    each greenlet has a resource of its own and runs its steps in that.
//     snapshots    frames whose class cannot be had: a resource holds the frame; a new one is made after each step.
//
// The class of frames is no public interface, so it is tried before it is used, and snapshots do the same by public
// means.
//
// Nothing is kept before the first use of a storage in a process: even 1 ns is a tenth of a switch, and a resource
// costs a quarter of a spawn. Node tells nobody of that moment, so `run` and `enterWith`, through which every store is
// set, are replaced until then, and no longer.
//
// Alternatives: snapshots always (2.5 times native on Node 26: 14 ns and garbage after each step); an `enterWith` that
// is replaced for good and counts changes, so that only steps with one need a snapshot (it slows the programs of
// others, two copies of the library count twice, and who took the method before does not count); asking a storage for
// its store (it says nothing about others).

import { AsyncLocalStorage, AsyncResource, executionAsyncResource } from 'node:async_hooks'
import type { AmbientContexts } from '../../scheduler/kernel/host.js'
import { getCurrent } from '../../scheduler/kernel/thread.js'

type Resource = Record<symbol, unknown>

/** The class of all frames, and where a resource keeps one. */
interface FrameAccess {
  readonly current: () => unknown
  readonly set: (frame: unknown) => void
  readonly symbol: symbol
}

// Not `requireManualDestroy`: code that watches resources with `async_hooks` (a profiler, Node's test runner) would
// never learn that one is gone. Where nobody watches, Node does not look after it either, and that costs nothing.
function capture(): AsyncResource {
  return new AsyncResource('Greenlet')
}

/** Steps run in the frames of their greenlets. */
function contextsOfFrames({ current, set, symbol }: FrameAccess): AmbientContexts {
  return {
    // A resource, and not `current`: those who watch resources see each greenlet begin.
    capture: () => (capture() as unknown as Resource)[symbol],
    run(frame, callback, argument) {
      const outer = current()
      set(frame)
      try {
        callback(argument)
        return current()
      } finally {
        set(outer)
      }
    },
  }
}

/** Steps run in the resources of their greenlets, which are changed. */
const resources: AmbientContexts = {
  capture,
  run(resource, callback, argument) {
    ;(resource as AsyncResource).runInAsyncScope(callback, undefined, argument)
    return resource
  },
}

/** Steps run in resources that hold a frame. */
const snapshots: AmbientContexts = {
  capture,
  run(resource, callback, argument) {
    return (resource as AsyncResource).runInAsyncScope(() => {
      callback(argument)
      return capture()
    })
  },
}

// To try which of the ways it is would mean to use a storage before the program does. That switches promise hooks on in
// the whole process, and another copy of this library would take it for the first use of one.
const hasFrames = !('_propagate' in AsyncLocalStorage.prototype)

/** The class of all frames, once a storage is used and if it can be had. */
let frames: FrameAccess | undefined

function findContexts(): AmbientContexts {
  if (!hasFrames) return resources
  frames = capture().runInAsyncScope(() => new AsyncLocalStorage().run(true, findFrames))
  return frames === undefined ? snapshots : contextsOfFrames(frames)
}

/** The class of the frame that is set, if its methods do what their names say. */
function findFrames(): FrameAccess | undefined {
  const resource = capture() as unknown as Resource
  const symbol = Object.getOwnPropertySymbols(resource).find(({ description }) => description === 'context_frame')
  if (symbol === undefined) return undefined
  const frame = resource[symbol] as object | undefined
  const { current, set } = (frame?.constructor ?? {}) as Partial<FrameAccess>
  if (typeof current !== 'function' || typeof set !== 'function' || current() !== frame) return undefined
  set(undefined)
  const isUnset = current() === undefined
  set(frame)
  return isUnset && current() === frame ? { current, set, symbol } : undefined
}

// A resource bears its two numbers, the frame (Node 22 has an empty one where it keeps none), and, where a store is
// kept in the resource, something for each storage that was ever used.
function isContextInUse(): boolean {
  const resource = capture() as unknown as Resource
  return Object.getOwnPropertySymbols(resource).some((symbol) =>
    symbol.description === 'context_frame' ? resource[symbol] !== undefined : typeof resource[symbol] !== 'number',
  )
}

let endFirstStep: (() => void) | undefined

/**
 * To be called after the step of a greenlet in which a store was used for the first time: that step did not run in a
 * context of its own, and what it set there would reach all the code that runs in the same one.
 */
export function leaveFirstContext(): void {
  endFirstStep?.()
  endFirstStep = undefined
}

function noteFirstStep(): void {
  if (frames !== undefined) {
    const { current, set } = frames
    const before = current()
    endFirstStep = () => {
      set(before)
    }
  }
  if (hasFrames) return
  const resource = executionAsyncResource() as Resource
  const symbols = Object.getOwnPropertySymbols(resource)
  const before = new Set(symbols)
  // Under the flag Node 26 has all stores of a resource in one object, which is there as soon as a storage is made.
  const common = symbols.find(({ description }) => description === 'kAsyncLocalStorageContext')
  const stores: unknown = common && Object.assign(Object.create(null), resource[common])
  endFirstStep = () => {
    for (const symbol of Object.getOwnPropertySymbols(resource)) {
      if (!before.has(symbol)) Reflect.deleteProperty(resource, symbol)
    }
    if (common !== undefined) resource[common] = stores
  }
}

/**
 * Calls `start` with the way to keep contexts when an `AsyncLocalStorage` is used for the first time in this process;
 * now, if one was already.
 */
export function onFirstContext(start: (contexts: AmbientContexts) => void): void {
  if (isContextInUse()) {
    start(findContexts())
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
        start(findContexts())
        if (getCurrent() !== undefined) noteFirstStep()
        return Reflect.apply(target, receiver, args)
      },
    })
    Object.defineProperty(prototype, name, { ...originals[index], value: replacement })
  }
}
