import type { Attempt } from '../requests/transfer.js'
import { Paint, fit, oneLine } from './terminal.js'
import { count, duration } from './units.js'

/** A line of the waterfall. */
export interface Lane {
  readonly number: number
  readonly url: string
  readonly attempts: readonly Attempt[]
  readonly failed: boolean
}

const WAITING = '░'
const RECEIVING = '█'
const FAILED = '×'

/** A picture of when each request ran, against each other. Of many it keeps the slowest. */
export class Waterfall {
  private lanes: Lane[] = []
  private seen = 0
  private fastest = Infinity

  /** @param most how many lines it may have. */
  constructor(private readonly most = 40) {}

  add(lane: Lane): void {
    this.seen++
    const took = timeOf(lane)
    if (this.lanes.length === this.most) {
      if (took <= this.fastest) return
      const index = this.lanes.findIndex((other) => timeOf(other) === this.fastest)
      this.lanes.splice(index, 1)
    }
    this.lanes.push(lane)
    this.fastest = Math.min(...this.lanes.map(timeOf))
  }

  /** @returns the lines of the picture; none when nothing ran. */
  draw(width: number, paint: Paint): string[] {
    if (this.lanes.length === 0) return []
    const lanes = this.lanes.toSorted((one, other) => startOf(one) - startOf(other) || one.number - other.number)
    const start = startOf(lanes[0]!)
    const span = Math.max(...lanes.map(endOf)) - start
    const numbers = Math.max(...lanes.map(({ number }) => String(number).length))
    const times = Math.max(...lanes.map((lane) => duration(timeOf(lane)).length))
    const names = lanes.map(({ url }) => oneLine(url.replace(/^https?:\/\//, '')))
    const label = Math.min(Math.max(...names.map((name) => name.length)), Math.floor(width / 3))
    const columns = Math.max(1, width - numbers - label - times - 6)
    const scale = columns / Math.max(span, 1)

    const lines = lanes.map((lane, index) => {
      const cells = Array.from({ length: columns }, () => ' ')
      for (const attempt of lane.attempts) fill(cells, attempt, start, scale)
      const end = Math.min(columns - 1, Math.max(0, Math.ceil((endOf(lane) - start) * scale) - 1))
      if (lane.failed) cells[end] = FAILED
      const bar = cells.join('').trimEnd()
      const number = String(lane.number).padStart(numbers)
      const name = fit(names[index]!, label, 'beginning').padEnd(label)
      const time = duration(timeOf(lane)).padStart(times)
      return `${number} ${name} ${time} │ ${lane.failed ? paint.red(bar) : paint.green(bar)}`
    })
    const which =
      this.seen > lanes.length ? `the ${count(lanes.length)} slowest of ${count(this.seen)} requests` : 'each request'
    return [
      fit(`When ${which} ran, over ${duration(span)}`, width),
      ...lines,
      paint.dim(fit(`${WAITING} waiting for the answer  ${RECEIVING} receiving it  ${FAILED} failed`, width)),
    ]
  }
}

function startOf({ attempts }: Lane): number {
  return attempts[0]!.start
}

function endOf({ attempts }: Lane): number {
  return attempts.at(-1)!.end
}

function timeOf(lane: Lane): number {
  return endOf(lane) - startOf(lane)
}

function fill(cells: string[], { start, answer, end }: Attempt, origin: number, scale: number): void {
  const column = (time: number): number => Math.min(cells.length - 1, Math.floor((time - origin) * scale))
  const last = Math.max(column(start), Math.ceil((end - origin) * scale) - 1)
  const answered = answer === undefined ? Infinity : column(answer)
  for (let index = column(start); index <= Math.min(last, cells.length - 1); index++) {
    cells[index] = index < answered ? WAITING : RECEIVING
  }
}
