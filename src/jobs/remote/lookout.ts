import { Event, sleep, spawn, withTimeout, type Coroutine } from '../../scheduler/index.js'
import { outcomeOf } from '../../scheduler/policies/outcome.js'
import { Pauses } from '../../scheduler/policies/backoff.js'
import { answerOf } from '../answer.js'
import type { FleetStore } from '../fleet/store.js'
import type { JobRecord } from './record-calls.js'

/** How many records are asked for at a time. */
const MOST = 500
/** How long an answer is waited for, in milliseconds. */
const PATIENCE = 5000

/** Gets what is known of a job; `undefined` when nothing is known any more. @internal */
export type Follower = (record: JobRecord | undefined) => void

const lookouts = new WeakMap<FleetStore, Lookout>()

/**
 * Follows the records of jobs in one store, for all in this program who wait for one to change: it asks for many at a time,
 * after the store has had news, and now and then because news may be missed.
 *
 * @internal
 */
export class Lookout {
  private readonly followed = new Map<string, { readonly followers: Set<Follower>; readonly stop: () => void }>()
  private readonly woken = new Set<string>()
  private readonly news = new Event()
  // News are missed most likely in the beginning, before the store listens.
  private readonly pauses = Pauses.of({ initial: 50, max: 1000, jitter: 0 }, 'lookout')
  private looks = 0
  private isRunning = false

  static of(store: FleetStore): Lookout {
    const lookout = lookouts.get(store) ?? new Lookout(store)
    lookouts.set(store, lookout)
    return lookout
  }

  private constructor(private readonly store: FleetStore) {}

  /** Calls a function soon, and each time a record may have changed, until that is ended by what this returns. */
  follow(key: string, follower: Follower): () => void {
    const { followers } = this.followed.get(key) ?? this.watch(key)
    followers.add(follower)
    this.wake(key)
    if (!this.isRunning) this.start()
    return () => {
      if (followers.delete(follower) && followers.size === 0) this.unwatch(key)
    }
  }

  private watch(key: string): { readonly followers: Set<Follower>; readonly stop: () => void } {
    if (this.followed.size === 0) this.looks = 0
    const stop = this.store.calls.watch(key, () => {
      this.wake(key)
    })
    const entry = { followers: new Set<Follower>(), stop }
    this.followed.set(key, entry)
    return entry
  }

  private unwatch(key: string): void {
    this.followed.get(key)!.stop()
    this.followed.delete(key)
    this.woken.delete(key)
    if (this.followed.size === 0) this.news.set()
  }

  private wake(key: string): void {
    this.woken.add(key)
    this.news.set()
  }

  private start(): void {
    this.isRunning = true
    const greenlet = spawn(() => this.run())
    greenlet.name = 'lookout for jobs'
    greenlet.observe()
    greenlet.onEnded(() => {
      this.isRunning = false
      if (this.followed.size > 0) this.start()
    })
  }

  private *run(): Coroutine<void> {
    while (this.followed.size > 0) {
      if (!(yield* this.news.wait({ timeout: this.pauses.after(++this.looks) }))) {
        for (const key of this.followed.keys()) this.woken.add(key)
      }
      // What comes at the same time is asked for at the same time.
      yield* sleep(0)
      this.news.clear()
      const keys = Array.from(this.woken)
      this.woken.clear()
      for (let first = 0; first < keys.length; first += MOST) yield* this.look(keys.slice(first, first + MOST))
    }
  }

  private *look(keys: string[]): Coroutine<void> {
    const looking = (): Coroutine<(JobRecord | undefined)[]> => answerOf(this.store.records.look(keys))
    const outcome = yield* outcomeOf(() => withTimeout(PATIENCE, looking))
    // A store that cannot be reached is asked again after a pause.
    if (outcome.status === 'rejected') return
    const records = outcome.value as (JobRecord | undefined)[]
    for (const [index, key] of keys.entries()) {
      for (const follower of this.followed.get(key)?.followers ?? []) follower(records[index])
    }
  }
}
