import type { Operation } from '../../scheduler/index.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import type { Answer } from '../answer.js'
import type { RecordCalls } from '../remote/record-calls.js'

/** Where a fleet keeps who holds what, and how its jobs stand: {@link redisStore}, {@link postgresStore}, {@link memoryStore}. */
export interface FleetStore {
  /** @internal */
  readonly calls: StoreCalls
  /** @internal */
  readonly records: RecordCalls
  /** Closes what it has opened itself; the client that you passed in stays open. */
  close(): Operation<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** @throws TypeError for what is no store. @internal */
export function checkStore(store: unknown, where: string): void {
  if (typeof (Object(store) as Partial<FleetStore>).calls === 'object') return
  throw badArgument(where, 'a store', store, 'make one with redisStore(client) or postgresStore(pool)')
}

/** How one who waits for a place stands. @internal */
export interface Standing {
  /** The fencing number, with a place; 0 without one. */
  readonly fence: number
  /** After how many milliseconds a place may be free without further notice. */
  readonly pause: number
}

/**
 * The calls of a store. Each is one step that nothing comes between. An `id` is that of one call of `acquire`: repeating a
 * call changes nothing. Times are milliseconds, by the clock of the store.
 *
 * @internal
 */
export interface StoreCalls {
  /** Gets in line, or stays there for another `lease`; gets a place if one is free for all in front and for this one. */
  enter(name: string, id: string, places: number, lease: number): Answer<Standing>
  /** Keeps a place for another `lease`. @returns whether it was there still. */
  extend(name: string, id: string, lease: number): Answer<boolean>
  /** Leaves the place or the line, and wakes those who can have it. @returns whether it had a place. */
  leave(name: string, id: string, places: number): Answer<boolean>
  /**
   * Gets in line for tokens, or stays there for another `patience`; takes them if they are there for the first in line.
   *
   * @returns 0, or after how many milliseconds they may be there.
   */
  take(name: string, id: string, bucket: Bucket, patience: number): Answer<number>
  /** Leaves that line, or puts back what was taken. */
  putBack(name: string, id: string, bucket: Bucket): Answer<unknown>
  /** Whether it follows the news already, for anybody. */
  isWatching(): boolean
  /**
   * Calls `wake` when there may be a place for `id`, or news of the job with that key. It may miss some.
   *
   * @param wake gets the fencing number, if the place was given to it: until as long after it last asked as its lease is.
   * @returns what ends that.
   */
  watch(id: string, wake: (fence?: number) => void): () => void
}

/** Tokens that are refilled, one each `interval` milliseconds, up to `capacity`; and how many of them are wanted. @internal */
export interface Bucket {
  readonly interval: number
  readonly capacity: number
  readonly tokens: number
}
