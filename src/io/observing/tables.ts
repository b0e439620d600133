import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { thread as Thread } from '../../scheduler/kernel/thread.js'
import { dumpOf } from '../../scheduler/reports/dump.js'
import { codeOf, Descriptions } from './groups.js'
import { eachAlive, type Steps } from './slices.js'
import { rowOf, withoutSecrets, type Row } from './snapshot.js'

/** By which column a table of greenlets is sorted. */
export type RowKey = 'id' | 'name' | 'state' | 'waitsFor' | 'waited' | 'place'

/** Which rows are wanted. */
export interface RowsQuery {
  readonly from?: number
  readonly count?: number
  readonly sort?: RowKey
  readonly descending?: boolean
  /** A text that the name, the wait or the place has to contain. */
  readonly filter?: string
  /** The key of a group. */
  readonly group?: string
}

/** Some rows of a table, and how many it has. */
export interface Rows {
  readonly total: number
  readonly rows: Row[]
}

/** The details of one greenlet. */
export interface Details extends Row {
  /** Its key in the table of groups. */
  readonly group: string
  /** Its entry in a dump, with its stack. */
  readonly text: string
  readonly waiters: Rows
  readonly children: Rows
  /** Its parent, the parent of that, and so on. */
  readonly ancestors: Row[]
}

/** How many rows one answer has at most. */
const MOST_ROWS = 500
/** A sorted table ends after so many rows: to sort 100,000 would hold the program up. */
const MOST_SORTED = 2000

/** Some rows of the table of greenlets. */
export function* rowsSteps({ hub }: typeof Thread, query: RowsQuery): Steps<Rows> {
  const { sort = 'id', descending = false, filter = '', group } = query
  const { begin, end } = rangeOf(query)
  const wanted = filter.toLowerCase()
  const now = hub.now()
  const descriptions = new Descriptions()
  const greenlets = hub.greenlets()
  // The youngest come first.
  const isSorted = sort === 'id'
  if (isSorted && !descending) greenlets.reverse()
  const rows: Row[] = []
  const best = new Best(Math.min(end, MOST_SORTED), sort, descending)
  let total = 0
  yield* eachAlive(greenlets, (greenlet) => {
    if (group !== undefined && codeOf(greenlet).key !== group) return
    if (wanted === '' && isSorted && (total < begin || total >= end)) {
      total++
      return
    }
    const row = rowOf(greenlet, now, descriptions)
    if (![row.name, row.waitsFor, row.place].some((text) => text.toLowerCase().includes(wanted))) return
    if (!isSorted) best.add(row)
    else if (total >= begin && total < end) rows.push(row)
    total++
  })
  return { total, rows: withoutSecrets(isSorted ? rows : best.finish().slice(begin, end)) }
}

function rangeOf({ from = 0, count = 100 }: RowsQuery): { begin: number; end: number } {
  const begin = Math.max(0, Math.trunc(from))
  return { begin, end: begin + Math.min(MOST_ROWS, Math.max(0, Math.trunc(count))) }
}

/** Keeps the first rows of a sorted table. */
class Best {
  private rows: Row[] = []

  constructor(
    private readonly count: number,
    private readonly key: RowKey,
    private readonly descending: boolean,
  ) {}

  add(row: Row): void {
    this.rows.push(row)
    if (this.rows.length >= 2 * this.count + 100) this.rows = this.finish()
  }

  finish(): Row[] {
    const { key, descending, count } = this
    const sign = descending ? -1 : 1
    return this.rows
      .sort((one, other) => sign * (one[key] < other[key] ? -1 : one[key] > other[key] ? 1 : one.id - other.id))
      .slice(0, count)
  }
}

/** The details of one greenlet; `null` when it has ended. */
export function* greenletSteps({ hub }: typeof Thread, { id }: { id: number }): Steps<Details | null> {
  const greenlets = hub.greenlets()
  const now = hub.now()
  const descriptions = new Descriptions()
  const greenlet = greenlets.find((each) => each.id === id)
  if (greenlet === undefined) return null
  yield
  const waiters: Greenlet[] = []
  const children: Greenlet[] = []
  yield* eachAlive(greenlets, (each) => {
    if (each.parent === greenlet) children.push(each)
    const { wait } = each
    if (each.state === 'waiting' && wait !== null && Array.from(wait.operation.holders()).includes(greenlet))
      waiters.push(each)
  })
  const ancestors: Greenlet[] = []
  for (let next = greenlet.parent; next !== undefined && ancestors.length < MOST_ROWS; next = next.parent)
    ancestors.push(next)
  const rows = (chosen: readonly Greenlet[]): Rows => ({
    total: chosen.length,
    rows: chosen.slice(0, MOST_ROWS).map((each) => rowOf(each, now, descriptions)),
  })
  return withoutSecrets({
    ...rowOf(greenlet, now, descriptions),
    group: codeOf(greenlet).key,
    text: dumpOf([greenlet]),
    waiters: rows(waiters),
    children: rows(children),
    ancestors: rows(ancestors).rows,
  })
}
