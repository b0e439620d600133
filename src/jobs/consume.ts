import { Group, Pool, call, green, sleep, type Coroutine, type Greenlet, type Operation } from '../scheduler/index.js'
import { Pauses } from '../scheduler/policies/backoff.js'
import type { GreenFunction } from '../scheduler/greenlets/call.js'
import { protect } from '../scheduler/waits/shield.js'
import { checkConsume, type ConsumeOptions, type JobWork, type Settings } from './consume-options.js'
import type { Delivery, Source } from './delivery.js'
import { JobGreenlet } from './job-greenlet.js'
import { Run } from './run.js'
import { Suspicion } from './suspicion.js'
import { tell } from './tell.js'

/**
 * Runs jobs of an engine, until it is killed.
 *
 * ```ts
 * const jobs = memoryJobs<Order>()
 * const worker = spawn(() => consume(jobs.source, sendInvoice, { size: 100, timeout: 60_000 }))
 * await jobs.add({ number: 1 })
 * ```
 *
 * | what happens         | what is done                                                                                    |
 * | -------------------- | ----------------------------------------------------------------------------------------------- |
 * | the work returns     | the job is acknowledged, and nothing can come between                                           |
 * | it raises an error   | it is tried again later; after the last attempt, or a `Discard`, it is among the dead letters   |
 * | its time is up       | a `Timeout` is raised in it, its cleanup runs, and then it is an error like another             |
 * | it takes long        | its lease is extended each time a third of it has passed                                        |
 * | the lease is lost    | a `LeaseLost` is raised in it; then there is neither an acknowledgement nor a retry             |
 * | this process dies    | the lease runs out, and another worker gets the job                                             |
 * | all places are taken | nothing more is taken from the engine                                                           |
 * | it is cancelled      | the work is killed, its cleanup runs, and the job is gone: see {@link Jobs.cancel}              |
 * | `consume` is killed  | nothing more is taken; after `grace` the jobs that still run are killed and handed back at once |
 *
 * So a job is done at least once, and now and then twice: what it does must bear that, by the job's `id`.
 *
 * @param source `source` of {@link memoryJobs} and its like.
 * @param work gets the data of a job, and the {@link Job} itself.
 * @param options `size`: how many at a time, 10 by default; `timeout` of a job; `retry`: a policy as that of `retry`,
 *   by default 5 attempts; `grace`: how long jobs may go on after a kill, 5,000 ms by default; `onEvent`: called for
 *   everything that happens.
 * @throws TypeError, RangeError for arguments out of range.
 * Cancel safety: a kill ends it after `grace` and the cleanup of the jobs, and the engine has all jobs back.
 */
export function consume<T>(source: Source<T>, work: JobWork<T>, options: ConsumeOptions = {}): Operation<never> {
  return consuming(source, work, checkConsume(source, work, options))
}

/** Runs jobs with settings that were checked. @internal */
export const consuming: GreenFunction<[Source, JobWork<never>, Settings], Coroutine<never>> = green(function* consume(
  source: Source,
  work: JobWork<never>,
  settings: Settings,
): Coroutine<never> {
  return yield* new Consumer(source, work as JobWork<unknown>, settings).run()
})

class Consumer {
  /** The jobs that are being done. */
  private readonly places: Pool
  /** The jobs that were done, and of which the engine is to know that. */
  private readonly ending = new Group()
  private readonly runs = new Set<Run>()
  private readonly pauses = Pauses.of({ initial: 100, max: 5000 }, 'consume')
  private readonly suspicion = new Suspicion()
  private taker: Greenlet<Delivery[]> | undefined
  private failures = 0

  constructor(
    private readonly source: Source,
    private readonly work: JobWork<unknown>,
    private readonly settings: Settings,
  ) {
    this.places = new Pool(settings.size, { name: 'jobs' })
  }

  *run(): Coroutine<never> {
    try {
      for (;;) {
        // Nothing is taken that cannot begin.
        const free = yield* this.places.waitAvailable()
        for (const delivery of yield* call(() => this.take(free))) this.begin(delivery)
      }
    } finally {
      yield* protect(() => this.drain())
    }
  }

  private *take(max: number): Coroutine<Delivery[]> {
    const taker = JobGreenlet.spawn<Delivery[]>('take', () => this.source.take(max))
    taker.observe()
    this.taker = taker
    yield* taker.join()
    this.taker = undefined
    if (taker.successful && !taker.killed) {
      this.failures = 0
      return taker.value!
    }
    if (!taker.killed) tell(this.settings, { type: 'trouble', during: 'take', id: undefined, error: taker.error })
    // A source that fails at once must not keep the machine busy.
    yield* sleep(this.pauses.after(++this.failures))
    return []
  }

  private begin(delivery: Delivery): void {
    this.start(delivery, (run) => run.work(this.work))
  }

  private start(delivery: Delivery, body: (run: Run) => Coroutine<void>): void {
    const run = new Run(delivery, this.source, this.settings, this.suspicion, () => {
      // The next job is asked for together with the acknowledgement, and not an exchange later.
      this.places.discard(greenlet)
      void this.ending.add(greenlet)
    })
    const greenlet = JobGreenlet.spawn(`job ${delivery.id}`, () => protect(() => body(run)))
    this.runs.add(run)
    if (run.isSuspect) this.suspicion.admit(run)
    greenlet.onEnded(() => {
      this.runs.delete(run)
      this.suspicion.leave(run)
    })
    void this.places.add(greenlet)
  }

  private *drain(): Coroutine<void> {
    const { taker, places, ending, settings } = this
    // What the call of `take` that is under way gives nevertheless goes back.
    taker?.onEnded(() => this.returnAll(taker))
    void taker?.kill()
    if (!(yield* places.join({ timeout: settings.grace }))) {
      for (const run of this.runs) run.kill()
    }
    yield* taker?.join() ?? sleep(0)
    yield* places.join()
    yield* ending.join()
  }

  private returnAll(taker: Greenlet<Delivery[]>): void {
    if (!taker.successful || taker.killed) return
    for (const delivery of taker.value!) this.start(delivery, (run) => run.giveBack())
  }
}
