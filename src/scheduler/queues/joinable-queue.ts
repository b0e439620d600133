import { Queue } from './queue.js'

/**
 * The same as {@link Queue}, of which `taskDone()` and `join()` are part. (gevent: `gevent.queue.JoinableQueue`, the
 * older name of its `Queue`.) The name says that every taker of an item calls `taskDone()`.
 *
 * ```ts
 * const jobs = new JoinableQueue<string>()
 * spawn(function* () {
 *   for (;;) {
 *     const job = yield* jobs.get()
 *     try { yield* work(job) } finally { jobs.taskDone() }
 *   }
 * })
 * jobs.putNowait('sweep')
 * yield* jobs.join()             // until all jobs are done
 * ```
 */
export class JoinableQueue<T> extends Queue<T> {}
