import { Empty, Full, ShutDown, type Coroutine, type Operation, type Queue, type Semaphore } from 'gvent'
import type { Call, Effect, Specification } from './linearizability.js'

/** Something that is done in no time. */
export function* instantly<R>(fn: () => R): Coroutine<R> {
  return fn()
}

/** What an operation gives, or the name of the error that it raises, except where it was cancelled. */
function* outcome(operation: Operation<unknown> | Coroutine<unknown>): Coroutine<unknown> {
  try {
    return yield* operation
  } catch (error) {
    if (error instanceof ShutDown || error instanceof Full || error instanceof Empty) return error.name
    throw error
  }
}

// ---- Queues

/** An item and its number in the order of arrival. */
type Entry = readonly [arrival: number, item: number]
type Order = (a: Entry, b: Entry) => number

export interface Items {
  /** In the order in which they come out. */
  readonly entries: readonly Entry[]
  readonly arrivals: number
  readonly closed: boolean
}

export type QueueCall = (number: number) => Call<Queue<number>, Items>

export const first: Order = ([a], [b]) => a - b
export const last: Order = ([a], [b]) => b - a
export const smallest: Order = ([, a], [, b]) => a - b

function insert(state: Items, entry: Entry, order: Order): Items {
  return { ...state, entries: [...state.entries, entry].sort(order) }
}

function takeFirst(state: Items): Effect<Items>[] {
  const [entry, ...entries] = state.entries
  if (entry !== undefined) return [{ state: { ...state, entries }, result: entry[1], taken: entry }]
  return state.closed ? [{ state, result: 'ShutDown' }] : []
}

/** Whatever a call does that does not wait. */
function orElse<S>(effects: Effect<S>[], state: S, result: unknown): Effect<S>[] {
  return effects.length > 0 ? effects : [{ state, result }]
}

type QueueCalls = Record<'put' | 'get' | 'getInTime' | 'peek' | 'putNowait' | 'getNowait' | 'shutdown', QueueCall>

export function queueCalls(capacity: number, order: Order): QueueCalls {
  const isChannel = capacity === 0
  const add = (state: Items, item: number): Effect<Items>[] => {
    if (state.closed) return [{ state, result: 'ShutDown' }]
    if (!isChannel && state.entries.length >= capacity) return []
    const arrivals = state.arrivals + 1
    return [{ state: insert({ ...state, arrivals }, [arrivals, item], order), result: undefined }]
  }
  const undo = (state: Items, taken: unknown): Items =>
    taken === undefined ? state : insert(state, taken as Entry, order)
  const holds = ({ entries }: Items, item: number): boolean => entries.some(([, other]) => other === item)
  return {
    put: (item) => ({
      name: `put(${item})`,
      run: (queue) => outcome(queue.put(item)),
      effects: (state) => add(state, item),
      ...(isChannel && { end: (state: Items) => (holds(state, item) ? undefined : state) }),
      undo: (state) => ({ ...state, entries: state.entries.filter(([, other]) => other !== item) }),
    }),
    get: () => ({ name: 'get()', run: (queue) => outcome(queue.get()), effects: takeFirst, undo }),
    getInTime: () => ({
      name: 'get({ timeout })',
      run: (queue) => outcome(queue.get({ timeout: 5 })),
      effects: takeFirst,
      undo,
    }),
    peek: () => ({
      name: 'peek()',
      run: (queue) => outcome(queue.peek()),
      effects: (state) => takeFirst(state).map(({ result }) => ({ state, result })),
    }),
    putNowait: (item) => ({
      name: `putNowait(${item})`,
      run: (queue) => outcome(instantly(() => queue.putNowait(item))),
      effects: (state) => orElse(add(state, item), state, 'Full'),
    }),
    getNowait: () => ({
      name: 'getNowait()',
      run: (queue) => outcome(instantly(() => queue.getNowait())),
      effects: (state) => orElse(takeFirst(state), state, 'Empty'),
    }),
    shutdown: () => ({
      name: 'shutdown()',
      run: (queue) => instantly(() => queue.shutdown()),
      effects: (state) => [{ state: { ...state, closed: true }, result: undefined }],
    }),
  }
}

export function queueOf(
  make: () => Queue<number>,
  capacity: number,
  order: Order = first,
): Specification<Queue<number>, Items> {
  const { put, get, getInTime, peek, putNowait, getNowait, shutdown } = queueCalls(capacity, order)
  const calls = [put, put, get, get, getInTime]
  if (capacity > 0) calls.push(peek, putNowait, getNowait, shutdown)
  return { make, initial: { entries: [], arrivals: 0, closed: false }, calls }
}

// ---- Semaphores

type SemaphoreCall = () => Call<Semaphore, number>

const acquire: SemaphoreCall = () => ({
  name: 'acquire()',
  *run(semaphore) {
    return (yield* semaphore.acquire()) !== undefined
  },
  effects: (value) => (value > 0 ? [{ state: value - 1, result: true }] : []),
  undo: (value) => value + 1,
})
const acquireInTime: SemaphoreCall = () => ({
  ...acquire(),
  name: 'acquire({ timeout })',
  *run(semaphore) {
    return (yield* semaphore.acquire({ timeout: 5 })) !== undefined
  },
  effects: (value) => (value > 0 ? [{ state: value - 1, result: true }] : [{ state: value, result: false }]),
})
const acquireNowait: SemaphoreCall = () => ({
  name: 'acquireNowait()',
  run: (semaphore) => instantly(() => semaphore.acquireNowait() !== undefined),
  effects: (value) => [{ state: Math.max(0, value - 1), result: value > 0 }],
})
const release: SemaphoreCall = () => ({
  name: 'release()',
  run: (semaphore) =>
    instantly(() => {
      semaphore.release()
    }),
  effects: (value) => [{ state: value + 1, result: undefined }],
})
const wait: SemaphoreCall = () => ({
  name: 'wait()',
  run: (semaphore) => semaphore.wait(),
  effects: (value) => (value > 0 ? [{ state: value, result: true }] : []),
})

/** A semaphore that has so many permits at first. */
export function semaphoreOf(make: () => Semaphore, initial: number): Specification<Semaphore, number> {
  return { make, initial, calls: [acquire, acquire, acquireInTime, acquireNowait, release, release, wait] }
}
