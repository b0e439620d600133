import './reports/install.js'

export { AsyncResult, type Outcome } from './sync/async-result.js'
export { Barrier, type BarrierOptions } from './sync/barrier.js'
export { call, green, type GreenFunction } from './waits/call.js'
export { Channel } from './queues/channel.js'
export { all, allSettled, any, race, select, type Selected, type Settled, type Work } from './waits/combinators.js'
export { Condition } from './sync/condition.js'
export { dump } from './reports/dump.js'
export { each, type NextItem } from './waits/each.js'
export {
  BrokenBarrierError,
  ConcurrentUseError,
  Empty,
  Full,
  GreenletExit,
  KilledError,
  LoopExit,
  NotInGreenletError,
  ShutDown,
} from './checks/errors.js'
export { Event } from './sync/event.js'
export { reportForgotten } from './reports/forgotten-waits.js'
export type { Coroutine, Returned } from './kernel/frames.js'
export { fromCallback, type NodeCallback } from './waits/from-callback.js'
export { Greenlet, type LinkTarget } from './greenlets/greenlet.js'
export type { GreenletState } from './kernel/fiber.js'
export { GreenletLocal, type GreenletLocalOptions } from './greenlets/greenlet-local.js'
export { Group, type GroupStats, type JoinGroupOptions } from './greenlets/group.js'
export type { AmbientContext, Host } from './kernel/host.js'
export type { Hub, Instrument } from './kernel/hub.js'
export { type ImapOptions, type Results } from './greenlets/imap-results.js'
export type { Source } from './greenlets/source.js'
export { iwait, type Ready, type ReadyIterator } from './waits/iwait.js'
export { joinAll, killAll, wait, type CountOptions, type JoinAllOptions, type Waitable } from './waits/join.js'
export { JoinableQueue } from './queues/joinable-queue.js'
export { LifoQueue } from './queues/lifo-queue.js'
export { Lock, RLock } from './sync/lock.js'
export { reportLost } from './reports/lost-greenlets.js'
export type { ApplyOptions } from './greenlets/pool-mapping.js'
export type { Item } from './greenlets/mapping-run.js'
export type { NamedOptions } from './checks/named.js'
export type { KillError, KillOptions } from './greenlets/kill-options.js'
export { Operation } from './kernel/operation.js'
export { Wait, type Waiter, type WaitIterator, type Waiting } from './kernel/wait.js'
export type { WaitOptions } from './kernel/wait-options.js'
export { Permit } from './sync/permit.js'
export { Pool } from './greenlets/pool.js'
export { PriorityQueue, type Compare, type PriorityQueueOptions } from './queues/priority-queue.js'
export { Queue, type QueueOptions } from './queues/queue.js'
export type { QueueIterator } from './queues/hand-off.js'
export type { Closable } from './greenlets/owned-resources.js'
export { own, scope, type Scope } from './greenlets/scope.js'
export { BoundedSemaphore, Semaphore } from './sync/semaphore.js'
export { shield } from './waits/shield.js'
export { idle, sleep } from './waits/sleep.js'
export { run, spawn, spawnLater } from './greenlets/spawn.js'
export type { Store } from './queues/store.js'
export { supervise } from './greenlets/supervise.js'
export type {
  ChildFailure,
  ChildOptions,
  RestartType,
  Strategy,
  SuperviseOptions,
} from './greenlets/supervise-options.js'
export { SupervisionError } from './greenlets/supervisor.js'
export { suspend, type Suspension } from './waits/suspend.js'
export { getCurrent, getHub, hub } from './kernel/thread.js'
export { Timeout, type TimeoutError } from './kernel/timeout.js'
export { until, type Promising, type UntilOptions } from './kernel/until.js'
export { WaitGroup } from './sync/wait-group.js'
export { Attempt, Line, Question, type Claim } from './kernel/line.js'
export { withTimeout, type WithTimeoutOptions } from './waits/with-timeout.js'
export type { Backoff } from './policies/backoff.js'
export {
  CircuitBreaker,
  CircuitOpenError,
  type CircuitBreakerOptions,
  type CircuitState,
} from './policies/circuit-breaker.js'
export { debounce } from './policies/debounce.js'
export { memoize, type MemoizeOptions, type Memoized } from './policies/memoize.js'
export { retry, type RetryOptions, type RetryPolicy } from './policies/retry.js'
export { within, type ContextStorage, type Enter } from './waits/within.js'
export { Broadcast, type BroadcastOptions } from './queues/broadcast.js'
export { Lagged, type Subscription } from './queues/subscription.js'
export { RateLimiter, type RateLimiterOptions } from './policies/rate-limiter.js'
export { throttle } from './policies/throttle.js'
export { Watch, type Watcher } from './queues/watch.js'
export { acquireRelease, type Acquired } from './greenlets/acquire-release.js'
