import { isMainThread } from 'node:worker_threads'
import { thread } from '../../scheduler/kernel/thread.js'
import { checkPipeName } from '../node/pipe-name.js'
import { startThread } from '../node/process/start-thread.js'
import { agentWorker } from '../node/process/thread-programs.js'
import { QueueFinder } from './events/queue-finder.js'
import { groupDumpSteps } from './group-dump.js'
import { LoadMeter } from './load.js'
import { packRecording, type PackedRecording } from './recording/recording.js'
import { Recorder } from './recording/recorder.js'
import { Sampler, type Sample } from './sampler.js'
import { Slices, type Begun } from './slices.js'
import { snapshotSteps, type Snapshot } from './snapshot.js'
import { greenletSteps, rowsSteps, type Details, type Rows, type RowsQuery } from './tables.js'
import { treeSteps, type Branches, type TreeQuery } from './tree.js'

/**
 * The side of the program that somebody looks into. Every question reads only, since it may come in the midst of
 * anything. What walks through all greenlets is done in slices: the answer is given at once when it is found in the
 * first one, and is asked for by {@link Observed.later} otherwise.
 */
export class Observed {
  private readonly sampler = new Sampler(thread)
  private readonly meter = new LoadMeter()
  private readonly queues = new QueueFinder()
  private readonly slices = new Slices()
  private readonly recorders = new Map<number, Recorder>()
  private recordings = 0
  private agent: { path: string; ready: Promise<string> } | undefined

  /** Notes which greenlet runs, and says so. */
  sample(): Sample {
    return this.sampler.sample()
  }

  snapshot(): Begun<Snapshot> {
    return this.slices.begin(snapshotSteps(thread, this.sampler, this.meter, this.queues))
  }

  rows(query: RowsQuery = {}): Begun<Rows> {
    return this.slices.begin(rowsSteps(thread, query))
  }

  /** The children of a greenlet, many of a kind bundled. */
  tree(query: TreeQuery = {}): Begun<Branches> {
    return this.slices.begin(treeSteps(thread, query))
  }

  /** The details of one greenlet; `null` when it has ended. */
  greenlet(query: { id: number }): Begun<Details | null> {
    return this.slices.begin(greenletSteps(thread, query))
  }

  /** One stack for each group, in place of one for each greenlet. */
  groups(): Begun<string> {
    return this.slices.begin(groupDumpSteps(thread))
  }

  /**
   * Begins to record, when no greenlet runs.
   *
   * @param options `milliseconds`: after that long, a recording that was not fetched ends by itself, since its client
   *   is gone; `events`: how many are kept, a power of two.
   * @returns its number.
   */
  record({ milliseconds, events }: { milliseconds: number; events: number }): Promise<number> {
    return new Promise((resolve) => {
      thread.hub.platform.later(() => {
        const number = ++this.recordings
        this.recorders.set(number, new Recorder(thread, events))
        setTimeout(() => this.endRecording(number), milliseconds).unref()
        resolve(number)
      })
    })
  }

  /** Takes what was recorded, and ends that; `null` when it has ended. */
  recorded(number: number): PackedRecording | null {
    const recorder = this.recorders.get(number)
    if (recorder === undefined) return null
    const recording = packRecording(recorder.take())
    thread.hub.platform.later(() => this.endRecording(number))
    return recording
  }

  private endRecording(number: number): void {
    this.recorders.get(number)?.stop()
    this.recorders.delete(number)
  }

  /** The answer that was pending under a number. */
  later(number: number): Begun<unknown> {
    return this.slices.ask(number)
  }

  /**
   * Has a thread of its own serve questions on a Unix socket, so that they are answered while this thread is blocked.
   *
   * @param path the socket; without one, a new one in a folder for this user alone.
   * @returns the path, when it listens.
   */
  serve(path?: string): Promise<string> {
    if (this.agent !== undefined && (path === undefined || path === this.agent.path)) return this.agent.ready
    const worker = startThread(agentWorker, {
      workerData: { path, lasts: path !== undefined },
      execArgv: [],
    })
    worker.unref()
    const ready = new Promise<string>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => {
        this.agent = undefined
        reject(new Error('the observer thread ended before it listened'))
      })
    })
    worker.unref()
    this.agent = { path: path ?? '', ready }
    return ready
  }

  /** The same, of the main thread alone: the others have the same environment. */
  async serveMain(path: string): Promise<void> {
    checkPipeName(path, 'the variable GVENT_CONSOLE')
    if (isMainThread) await this.serve(path)
  }
}
