import cluster, { type Worker } from 'node:cluster'
import type { Cluster } from '../../io/index.js'
import { AsyncResult, all, call, type Operation } from '../../scheduler/index.js'
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

/** What the processes say, and what can be known of them. */
export class Board {
  /** Why a process could not begin; the last one. */
  problem: { readonly text: string; readonly status: number } | undefined
  private readonly questions = new Map<number, AsyncResult<Activity>>()
  private readonly ended: Tally = { done: 0, retried: 0, dead: 0, returned: 0, lost: 0 }
  private asked = 0

  /** @param say prints a line. */
  constructor(
    private readonly processes: Cluster,
    private readonly say: (line: string) => void,
  ) {
    cluster.on('message', (worker: Worker, message: unknown) => {
      if (isOurs(message)) this.receive(worker, message as FromProcess)
    })
    cluster.on('exit', ({ process: { pid } }) => this.say(`process ${pid} has ended`))
  }

  /** The processes, with all that runs in them. */
  read(): Operation<ProcessState[]> {
    const board = this as Board
    return call(function* () {
      const workers = Object.values(cluster.workers ?? {}).filter((each) => each?.isConnected() === true)
      const answers = new Map(
        (yield* all(workers.map((worker) => board.ask(worker!)))).map((activity, index) => [
          workers[index]!.process.pid,
          activity,
        ]),
      )
      return board.processes.stats().processes.map((each) => ({ ...each, activity: answers.get(each.pid) }))
    })
  }

  /** Adds up what was done, by those that have ended, too. */
  sum(states: readonly ProcessState[]): Tally {
    const sum = { ...this.ended }
    for (const { activity } of states) if (activity !== undefined) add(sum, activity.tally)
    return sum
  }

  private ask(worker: Worker): Operation<Activity | undefined> {
    const board = this as Board
    return call(function* () {
      const number = ++board.asked
      const answer = new AsyncResult<Activity>()
      board.questions.set(number, answer)
      worker.send({ worker: 'question', number }, () => undefined)
      try {
        return yield* answer.get({ timeout: PATIENCE })
      } catch {
        return undefined
      } finally {
        board.questions.delete(number)
      }
    })
  }

  private receive(worker: Worker, message: FromProcess): void {
    const { pid } = worker.process
    if (message.worker === 'takes') this.say(`process ${pid} takes jobs`)
    else if (message.worker === 'problem') {
      this.problem = message
      this.say(`process ${pid} cannot begin: ${message.text}`)
    } else if (message.number === undefined) add(this.ended, message.activity.tally)
    else this.questions.get(message.number)?.set(message.activity)
  }
}

/** What was done, in words. */
export function tallyText({ done, retried, dead, returned, lost }: Tally): string {
  const others = [
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
