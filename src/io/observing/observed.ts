import { isMainThread, Worker } from 'node:worker_threads'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { dumpOf, summary } from '../../scheduler/reports/dump.js'
import { parkedStack } from '../../scheduler/stacks/parked-stack.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { hideKnownSecrets } from '../diagnostics/hide-secrets.js'
import { codeOf, Descriptions, groupGreenlets } from './groups.js'
import { LoadMeter } from './load.js'
import { Sampler } from './sampler.js'
import { rowOf, takeSnapshot, withoutSecrets, type Row, type Snapshot } from './snapshot.js'

/** Which rows are wanted. */
export interface RowsQuery {
  readonly from?: number
  readonly count?: number
  readonly sort?: 'id' | 'name' | 'state' | 'waitsFor' | 'waited' | 'place'
  readonly descending?: boolean
  /** A text that the name, the wait or the place has to contain. */
  readonly filter?: string
  /** The key of a group. */
  readonly group?: string
}

/** What `greenlet` answers. */
export interface Details {
  readonly text: string
  readonly waiters: Row[]
  readonly children: Row[]
}

/** How many rows one answer has at most. */
const MOST_ROWS = 500

/**
 * The side of the program that somebody looks into. Every question is answered at once and reads only, since it may come
 * in the midst of anything.
 */
export class Observed {
  private readonly sampler = new Sampler(thread)
  private readonly meter = new LoadMeter()
  private agent: { path: string; ready: Promise<string> } | undefined

  /** Notes which greenlet runs. */
  sample(): void {
    this.sampler.sample()
  }

  snapshot(): Snapshot {
    return takeSnapshot(thread, this.sampler, this.meter)
  }

  rows({ from = 0, count = 100, sort = 'id', descending = false, filter = '', group }: RowsQuery = {}): {
    total: number
    rows: Row[]
  } {
    const { hub } = thread
    const now = hub.now()
    const descriptions = new Descriptions()
    const wanted = filter.toLowerCase()
    let greenlets = hub.greenlets()
    if (group !== undefined) greenlets = greenlets.filter((greenlet) => codeOf(greenlet).key === group)
    const isPlain = wanted === '' && sort === 'id'
    const begin = Math.max(0, Math.trunc(from))
    const end = begin + Math.min(MOST_ROWS, Math.max(0, Math.trunc(count)))
    if (isPlain) {
      if (!descending) greenlets.reverse()
      const rows = greenlets.slice(begin, end).map((greenlet) => rowOf(greenlet, now, descriptions))
      return { total: greenlets.length, rows: withoutSecrets(rows) }
    }
    const sign = descending ? -1 : 1
    const rows = greenlets
      .map((greenlet) => rowOf(greenlet, now, descriptions))
      .filter((row) => [row.name, row.waitsFor, row.place].some((text) => text.toLowerCase().includes(wanted)))
      .sort((one, other) => sign * (one[sort] < other[sort] ? -1 : one[sort] > other[sort] ? 1 : one.id - other.id))
    return { total: rows.length, rows: withoutSecrets(rows.slice(begin, end)) }
  }

  /** What is known of one greenlet; `null` when it has ended. */
  greenlet({ id }: { id: number }): Details | null {
    const { hub } = thread
    const greenlets = hub.greenlets()
    const greenlet = greenlets.find((each) => each.id === id)
    if (greenlet === undefined) return null
    const now = hub.now()
    const descriptions = new Descriptions()
    const rows = (chosen: Greenlet[]): Row[] => chosen.slice(0, MOST_ROWS).map((each) => rowOf(each, now, descriptions))
    const waitsForIt = ({ wait, state }: Greenlet): boolean =>
      state === 'waiting' && wait !== null && Array.from(wait.operation.holders()).includes(greenlet)
    return withoutSecrets({
      text: dumpOf([greenlet]),
      waiters: rows(greenlets.filter(waitsForIt)),
      children: rows(greenlets.filter(({ parent }) => parent === greenlet)),
    })
  }

  /** One stack for each group, in place of one for each greenlet. */
  groups(): string {
    const { hub } = thread
    const greenlets = hub.greenlets()
    const examples = new Map<string, Greenlet>()
    for (const greenlet of greenlets) {
      const { key } = codeOf(greenlet)
      if (greenlet.state === 'waiting' || !examples.has(key)) examples.set(key, greenlet)
    }
    const groups = groupGreenlets(greenlets, hub.now(), new Map(), new Descriptions())
    return hideKnownSecrets(
      groups
        .map(({ key, name, alive, waits }) => {
          const example = examples.get(key)!
          const what = waits.map(([text, count]) => `${count} for ${text}`).join(', ')
          const stack = example.state === 'waiting' ? parkedStack(example) : ''
          const spawned = example.spawnedAt === '' ? '' : `  spawned\n${example.spawnedAt}`
          const lines = [
            `${alive.toLocaleString('en-US')} × ${JSON.stringify(name)}${what === '' ? '' : `, waiting: ${what}`}`,
            `  such as ${summary(example)}`,
            stack,
            spawned,
          ]
          return lines.filter((line) => line !== '').join('\n')
        })
        .join('\n'),
    )
  }

  /**
   * Has a thread of its own serve questions on a Unix socket, so that they are answered while this thread is blocked.
   *
   * @param path the socket; without one, a new one in a folder for this user alone.
   * @returns the path, when it listens.
   */
  serve(path?: string): Promise<string> {
    if (this.agent !== undefined && (path === undefined || path === this.agent.path)) return this.agent.ready
    const worker = new Worker(new URL('./agent-worker.js', import.meta.url), {
      workerData: { path, lasts: path !== undefined },
      execArgv: [],
    })
    worker.unref()
    const ready = new Promise<string>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => {
        this.agent = undefined
        reject(new Error('the thread that answers ended before it listened'))
      })
    })
    worker.unref()
    this.agent = { path: path ?? '', ready }
    return ready
  }

  /** The same, of the main thread alone: the others have the same environment. */
  async serveMain(path: string): Promise<void> {
    if (isMainThread) await this.serve(path)
  }
}
