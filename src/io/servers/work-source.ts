import type { AddressInfo } from 'node:net'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'

/** How a {@link WorkSource} stands. */
export interface WorkStats {
  /** How many connections or datagrams were accepted. */
  accepted: number
  /** How many are waiting to be accepted. */
  waiting: number
  /** How many were dropped because too many were waiting already. */
  dropped: number
}

/** Where a server takes its work from: a listener gives connections, a socket datagrams. */
export interface WorkSource<T> {
  /** Whether nothing more comes in. What is waiting can be accepted still. */
  readonly closed: boolean
  /** Waits for the next. @throws ClosedError when it is closed and nothing is waiting. */
  accept(): Operation<T>
  /** Takes back what was accepted; it is the first that is accepted next. */
  putBack(item: T): void
  /** Lets go of what was accepted. */
  drop(item: T): void
  /** Waits until what had come in by now can be accepted. */
  settle(): Coroutine<void>
  /** Takes nothing more in. */
  refuse(): void
  /** Drops what is waiting, and lets go of everything. */
  close(): void
  /** Where it listens, as Node's `server.address()` says it. */
  address(): AddressInfo | string
  /** How it stands. */
  stats(): WorkStats
}
