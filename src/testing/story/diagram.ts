/** A step in the diagram of a run. */
export interface Row {
  /** Of the virtual clock. */
  readonly time: number
  /** The greenlet that made it; empty for a timer. */
  readonly who: string
  /** The step that it took, or its present wait. */
  readonly text: string
  /** Whether production would have done something else here. */
  readonly isUnusual: boolean
}

/** So many rows are shown at most: the first few, and the last. */
const MOST_ROWS = 40
const FIRST_ROWS = 8

/**
 * Draws the order in which greenlets ran: a line a step, a column a greenlet, `▶` where it differs from production.
 *
 * ```
 *    time   main  A  B
 *    0 ms   ●           bank.ts:30 <Greenlet #2 "A">.join
 *    0 ms         ●     bank.ts:14 Lock "accounts".acquire
 * ▶  0 ms            ●  bank.ts:14 Lock "accounts".acquire
 * ```
 */
export function drawDiagram(rows: readonly Row[]): string {
  const names = Array.from(new Set(rows.map(({ who }) => who))).filter((name) => name !== '')
  const times = rows.map(({ time }) => `${time} ms`)
  const width = Math.max(4, ...times.map((time) => time.length))
  const draw = (row: Row, index: number): string => {
    const columns = names.map((name) => (name === row.who ? '●' : ' ').padEnd(name.length))
    return `${row.isUnusual ? '▶' : ' '} ${times[index]!.padStart(width)}   ${columns.join('  ')}  ${row.text}`
  }
  const lines = rows.map(draw)
  const left = lines.length - MOST_ROWS
  if (left > 0) lines.splice(FIRST_ROWS, left, `  … ${left} steps more …`)
  return [`  ${'time'.padStart(width)}   ${names.join('  ')}`, ...lines].join('\n')
}
