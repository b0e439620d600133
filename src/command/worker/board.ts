import cluster, { type Worker } from 'node:cluster'
import type { Cluster } from '../../io/index.js'
import { AsyncResult, all, call, withTimeout, type Coroutine, type Operation } from '../../scheduler/index.js'
import { isOurs, type Activity, type FromProcess, type Tally } from './messages.js'

/** How long an answer of a process is waited for, in milliseconds. */
const PATIENCE = 1000

/** A process, and what it does. */
export interface ProcessState {
  readonly number: number
  readonly pid: number | undefined
  readonly state: string
  /** In milliseconds. */
  readonly uptime: number
  /** Absent if the process did not answer: it computes, or stands still. */
  readonly activity?: Activity | undefined
}

/** Keeps what the processes say of themselves. */
export class Board {
  /** Why a process could not begin; the first reason. */
  problem: { readonly text: string; readonly status: number } | undefined
  private readonly questions = new Map<number, AsyncResult<Activity>>()
  private readonly ended: Tally = { done: 0, failed: 0, cancelled: 0, retried: 0, dead: 0, returned: 0, lost: 0 }
  private asked = 0

  /**
   * @param say prints a line.
   * @param complain called when a process cannot begin, with the reason.
   */
  constructor(
    private readonly processes: Cluster,
    private readonly say: (line: string) => void,
    private readonly complain: (reason: string) => void,
  ) {
    cluster.on('message', (worker: Worker, message: unknown) => {
      if (isOurs(message)) this.receive(worker, message as FromProcess)
    })
    cluster.on('exit', ({ process: { pid } }) => this.say(`process ${pid} has ended`))
  }

  /** The processes, with all that runs in them. */
  read(): Operation<ProcessState[]> {
    return call(() => this.reading())
  }

  /** Adds up what was done, by those that have ended, too. */
  sum(states: readonly ProcessState[]): Tally {
    const sum = { ...this.ended }
    for (const { activity } of states) if (activity !== undefined) add(sum, activity.tally)
    return sum
  }

  private *reading(): Coroutine<ProcessState[]> {
    const workers = Object.values(cluster.workers ?? {}).filter((each) => each?.isConnected() === true) as Worker[]
    const answers = yield* all(workers.map((worker) => call(() => this.ask(worker))))
    const byPid = new Map(answers.map((activity, index) => [workers[index]!.process.pid, activity]))
    return this.processes.stats().processes.map((each) => ({ ...each, activity: byPid.get(each.pid) }))
  }

  private *ask(worker: Worker): Coroutine<Activity | undefined> {
    const number = ++this.asked
    const answer = new AsyncResult<Activity>()
    this.questions.set(number, answer)
    worker.send({ worker: 'question', number }, () => undefined)
    try {
      return yield* withTimeout(PATIENCE, answer, { value: undefined })
    } finally {
      this.questions.delete(number)
    }
  }

  private receive(worker: Worker, message: FromProcess): void {
    const { pid } = worker.process
    if (message.worker === 'takes') this.say(`process ${pid} takes jobs`)
    else if (message.worker === 'problem') {
      this.problem ??= message
      this.complain(message.text)
    } else if (message.number === undefined) add(this.ended, message.activity.tally)
    else this.questions.get(message.number)?.set(message.activity)
  }
}

/** Describes what was done, in words. */
export function tallyText({ done, failed, cancelled, retried, dead, returned, lost }: Tally): string {
  const others = [
    [failed, 'failed'],
    [cancelled, 'cancelled'],
    [retried, 'tried again'],
    [dead, dead === 1 ? 'dead letter' : 'dead letters'],
    [returned, 'given back'],
    [lost, 'lost'],
  ] as const
  const words = others.filter(([count]) => count > 0).map(([count, word]) => `${count.toLocaleString('en')} ${word}`)
  return [`${done.toLocaleString('en')} done`, ...words].join(', ')
}

function add(sum: Tally, tally: Tally): void {
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key]
}
