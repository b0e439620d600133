import type { Reading } from '../../console/reader.js'
import { busiest, groups, longest, sortLines, things, type Column, type Line, type Table } from './tables.js'
import { cut, number, printable } from './text.js'

/** So many lines of the lesser tables are printed at once. */
const FEW = 5

/** The picture of `gvent top --once`: what jams, one line of numbers, the groups, the longest waits, the busiest, things. */
export function renderTop(reading: Reading, width: number): string {
  const lines = [...heading(reading), ...tableText(groups, reading, width)]
  for (const table of [longest, busiest, things]) {
    const text = tableText(table, reading, width, FEW)
    if (text.length > 1) lines.push('', ...text)
  }
  return lines.map((line) => `${cut(printable(line), width)}\n`).join('')
}

/** Draws the process, its state, and one line of numbers. */
export function heading(reading: Reading): string[] {
  const { pid, thread, node, up, counts, rates, load } = reading
  return [
    `gvent top ${pid}${thread === 0 ? '' : `  worker thread ${thread}`}  node ${node}  up ${up} s`,
    ...alarms(reading),
    [
      `alive ${number(counts.alive)}`,
      `made ${rates.made.toFixed(0)}/s`,
      `ended ${rates.ended.toFixed(0)}/s`,
      `ready ${number(counts.ready)}`,
      `loop ${(load.utilization * 100).toFixed(0)} % p99 ${load.delay.p99} ms`,
      `gc ${(rates.gc * 100).toFixed(1)} %`,
      `heap ${(load.heap / 1e6).toFixed(0)} MB`,
    ].join('  '),
  ]
}

/** Draws probable faults, and the place where the thread hangs. */
function alarms({ blocked, warnings }: Reading): string[] {
  const told = warnings.map(({ code, text }) => `! ${text}  [${code}]`)
  if (blocked === null) return told
  const who = blocked.running === '' ? 'code outside of greenlets' : blocked.running
  const seconds = (blocked.milliseconds / 1000).toFixed(1)
  return [
    `! blocked for ${seconds} s: ${who} is running and does not yield, here:`,
    ...blocked.stack.slice(0, 4),
    ...told,
  ]
}

function tableText(table: Table, reading: Reading, width: number, most = Infinity): string[] {
  const lines = sortLines(table.linesOf(reading), table.sorted, true).slice(0, most)
  const widths = widthsOf(table.columns, width)
  return [headLine(table.columns, widths), ...lines.map((line) => bodyLine(line, table.columns, widths))]
}

/** The width of each column; 0 for one that has no room. */
export function widthsOf(columns: readonly Column[], width: number): number[] {
  // The place goes first where there is little room.
  const shown = columns.map(({ spare = false }) => !spare || width > 80)
  const fixed = columns.reduce(
    (sum, { width: own }, index) => sum + (shown[index]! ? (own === 'text' ? 1 : own) : 0),
    0,
  )
  const texts = columns.filter(({ width: own }, index) => own === 'text' && shown[index]!).length
  const room = Math.max(20, Math.floor((width - fixed) / Math.max(1, texts)))
  return columns.map(({ width: own }, index) => (!shown[index]! ? 0 : own === 'text' ? room : own))
}

/** The heads of the columns; the sorted one has a mark. */
export function headLine(
  columns: readonly Column[],
  widths: readonly number[],
  sorted = -1,
  descending = true,
): string {
  const cells = columns.map(({ head }, index) => (index === sorted ? `${head}${descending ? '↓' : '↑'}` : head))
  return joined(cells, columns, widths)
}

/** One line of a table. */
export function bodyLine({ cells }: Line, columns: readonly Column[], widths: readonly number[]): string {
  return joined(cells.map(printable), columns, widths)
}

function joined(cells: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  return columns
    .map(({ width, isNumber = false }, index) => {
      const room = widths[index]!
      if (room === 0) return ''
      const text = cells[index] ?? ''
      if (width === 'text') return ` ${cut(text, room).padEnd(room)}`
      if (isNumber) return cut(text, room - 1).padStart(room)
      return index === 0 ? cut(text, room - 1).padEnd(room) : ` ${cut(text, room - 2).padEnd(room - 1)}`
    })
    .join('')
    .trimEnd()
}
