import type { Rows } from '../../io/observing/tables.js'
import type { Row } from '../../io/observing/snapshot.js'
import type { Reading } from '../../console/reader.js'
import { age, number, share } from './text.js'

/** A line of a table. */
export interface Line {
  readonly cells: readonly string[]
  /** By what the columns are sorted. */
  readonly keys: readonly (string | number)[]
  /** The thing that opens: a greenlet, or the greenlets of a group. */
  readonly opens?: { readonly id: number } | { readonly group: string; readonly name: string }
}

/** A column: its head, and how wide it is; texts share what numbers leave. */
export interface Column {
  readonly head: string
  readonly width: number | 'text'
  /** Whether it ends at the right. */
  readonly isNumber?: boolean
  /** The first column to go where there is little room. */
  readonly spare?: boolean
}

/** A table of `gvent top`. */
export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  /** The column by which it is sorted first, from the greatest. */
  readonly sorted: number
  readonly linesOf: (reading: Reading) => Line[]
}

const place: Column = { head: 'PLACE', width: 'text', spare: true }

/** Greenlets by what they run and where they were spawned. */
export const groups: Table = {
  title: 'groups',
  columns: [
    { head: 'GROUP', width: 18 },
    { head: 'ALIVE', width: 7, isNumber: true },
    { head: '+10s', width: 7, isNumber: true },
    { head: 'BUSY%', width: 7, isNumber: true },
    { head: 'OLDEST', width: 7, isNumber: true },
    { head: 'MOSTLY WAITS FOR', width: 'text' },
    place,
  ],
  sorted: 1,
  linesOf: ({ groups: all, busy, grown }) =>
    all.map(({ key, name, alive, oldest, waits, place: where }) => {
      const more = grown[key] ?? 0
      const ran = busy[key] ?? 0
      const what = waits[0]?.[0] ?? ''
      return {
        cells: [name, number(alive), String(more), share(ran), age(oldest), what, where],
        keys: [name, alive, more, ran, oldest, what, where],
        opens: { group: key, name },
      }
    }),
}

/** The greenlets that have waited longest. */
export const longest: Table = {
  title: 'longest waits',
  columns: [
    { head: 'GREENLET', width: 24 },
    { head: 'WAITED', width: 8, isNumber: true },
    { head: 'WAITS FOR', width: 'text' },
    place,
  ],
  sorted: 1,
  linesOf: ({ longest: all }) => all.map(lineOfWait),
}

function lineOfWait({ id, name, waited, waitsFor, place: where }: Row): Line {
  const title = `${name} #${id}`
  return { cells: [title, age(waited), waitsFor, where], keys: [title, waited, waitsFor, where], opens: { id } }
}

/** The greenlets that run most. */
export const busiest: Table = {
  title: 'busiest',
  columns: [
    { head: 'GREENLET', width: 24 },
    { head: 'BUSY%', width: 8, isNumber: true },
    { head: 'STATE', width: 9 },
    { head: 'WAITS FOR', width: 'text' },
    place,
  ],
  sorted: 1,
  linesOf: ({ busiest: all, busyGreenlets }) =>
    all.map(({ id, name, state, waitsFor, place: where }) => {
      const title = `${name} #${id}`
      const ran = busyGreenlets[id] ?? 0
      return {
        cells: [title, share(ran), state, waitsFor, where],
        keys: [title, ran, state, waitsFor, where],
        opens: { id },
      }
    }),
}

/** Servers, pools, queues, locks. */
export const things: Table = {
  title: 'things',
  columns: [
    { head: 'THING', width: 30 },
    { head: 'WAITING', width: 8, isNumber: true },
    { head: 'STATS', width: 'text' },
  ],
  sorted: 1,
  linesOf: ({ things: all }) =>
    all.map(({ name, waiting, stats }) => {
      const text = Object.entries(stats)
        .map(([key, value]) => `${key} ${typeof value === 'number' ? number(value) : String(value)}`)
        .join('  ')
      return { cells: [name, number(waiting), text], keys: [name, waiting, text] }
    }),
}

/** The columns of the table of all greenlets, whose rows are asked for. */
export const greenletColumns: readonly Column[] = [
  { head: 'ID', width: 8, isNumber: true },
  { head: 'GREENLET', width: 20 },
  { head: 'WAITED', width: 8, isNumber: true },
  { head: 'WAITS FOR', width: 'text' },
  place,
]

/** The lines of it. */
export function linesOfGreenlets({ rows }: Rows): Line[] {
  return rows.map(({ id, name, state, waited, waitsFor, place: where }) => {
    const what = waitsFor === '' ? state : waitsFor
    return { cells: [String(id), name, age(waited), what, where], keys: [id, name, waited, what, where], opens: { id } }
  })
}

/** Puts lines in the order of a column. */
export function sortLines(lines: readonly Line[], column: number, descending: boolean): Line[] {
  const sign = descending ? -1 : 1
  return [...lines].sort((one, other) => {
    const [left, right] = [one.keys[column]!, other.keys[column]!]
    return sign * (left < right ? -1 : left > right ? 1 : 0)
  })
}
