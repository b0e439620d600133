import type { AddressInfo } from 'node:net'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'

/** A snapshot of a {@link WorkSource}, for monitoring and tests. */
export interface WorkStats {
  /** Connections or datagrams that were accepted. */
  accepted: number
  /** The number of items that wait to be accepted. */
  waiting: number
  /** The number of items that were dropped because too many were waiting already. */
  dropped: number
}

/** Gives a server its work: a listener gives connections, a socket datagrams. */
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
  /** The address at which it listens, as Node's `server.address()` gives it. */
  address(): AddressInfo | string
  /** A snapshot for monitoring and tests. */
  stats(): WorkStats
}
