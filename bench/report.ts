import type { Peer, Work } from './work.js'
import { median, summarize, type Summary } from './statistics.js'

/** All samples of one work: for each peer that ran, the cost in each turn. */
export interface WorkResult {
  readonly work: Work
  readonly samples: ReadonlyMap<Peer, readonly number[]>
  /** Peers that did not run, with the reason. */
  readonly left: ReadonlyMap<Peer, string>
}

/** A line of the table, with everything that was computed for it. */
export interface Line {
  readonly peer: Peer
  readonly cost: Summary
  readonly dividend: string | undefined
  readonly dividendCost: Summary | undefined
  readonly ratio: Summary | undefined
  /** By how much the dividend costs more, in the median. */
  readonly surplus: number | undefined
  readonly met: boolean | undefined
}

export function linesOf({ work, samples }: WorkResult): Line[] {
  return [...samples].map(([peer, costs]) => {
    const dividend = work.peers.find(({ name }) => name === (peer.dividend ?? 'gvent'))
    const dividends = dividend && dividend !== peer ? samples.get(dividend) : undefined
    const cost = summarize(costs)
    const ratio = dividends && summarize(costs.map((cost, turn) => dividends[turn]! / cost))
    const surplus = dividends && median(costs.map((cost, turn) => dividends[turn]! - cost))
    return {
      peer,
      cost,
      dividend: ratio && dividend?.name,
      dividendCost: dividends && summarize(dividends),
      ratio,
      surplus,
      met: isMet(peer, cost, ratio, surplus),
    }
  })
}

function isMet(
  { goal, surplus: most, atMost }: Peer,
  cost: Summary,
  ratio: Summary | undefined,
  surplus: number | undefined,
): boolean | undefined {
  if (goal !== undefined && ratio) return ratio.median <= goal
  if (most !== undefined && surplus !== undefined) return surplus <= most
  return atMost === undefined ? undefined : cost.median <= atMost
}

/** The table of one work, as text. */
export function table(result: WorkResult): string {
  const { work, left } = result
  const rows = [
    ['', 'cost', 'min – max', 'ratio', 'min – max', 'goal', ''],
    ...linesOf(result).map(({ peer, cost, ratio, met, dividend }) => [
      peer.name,
      quantity(cost.median, work),
      `${quantity(cost.min, work)} – ${quantity(cost.max, work)}`,
      ratio ? ratio.median.toFixed(2) : '',
      ratio ? `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}` : '',
      describeGoal(peer, work),
      [verdict(met), dividend && dividend !== 'gvent' ? `(${dividend} ÷ this)` : ''].filter(Boolean).join(' '),
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const text = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column > 4 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
  const reasons = [...left].map(([peer, reason]) => `${peer.name}: left out. ${reason}`)
  return [`${work.name}: ${work.title}`, ...[...text, ...reasons].map((line) => `  ${line}`), ''].join('\n')
}

/** The goal of a peer as a limit; an empty text if it has none. */
export function describeGoal({ goal, atMost, surplus }: Peer, work: Work): string {
  if (goal !== undefined) return `≤ ${Number(goal.toFixed(3))}`
  if (surplus !== undefined) return `≤ + ${quantity(surplus, work)}`
  return atMost === undefined ? '' : `≤ ${quantity(atMost, work)}`
}

function verdict(met: boolean | undefined): string {
  return met === undefined ? '' : met ? 'met' : 'NOT MET'
}

/** A cost in the unit that reads best. */
export function quantity(value: number, { unit }: Work): string {
  if (unit === 'bytes') return `${Math.round(value).toLocaleString('en')} B`
  if (value < 1000) return `${threeDigits(value)} ns`
  return value < 1e6 ? `${threeDigits(value / 1000)} µs` : `${threeDigits(value / 1e6)} ms`
}

function threeDigits(value: number): string {
  return value < 1000 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString('en')
}
