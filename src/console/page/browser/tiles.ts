import type { Reading } from '../../reader.js'
import { element, place, shape } from './elements.js'
import { bytes, count, percent } from './wording.js'

interface Tile {
  readonly label: string
  readonly title: string
  readonly valueOf: (reading: Reading) => number
  readonly write: (value: number) => string
}

const tiles: readonly Tile[] = [
  { label: 'alive', title: 'greenlets that have not ended', valueOf: ({ counts }) => counts.alive, write: count },
  { label: 'made', title: 'greenlets a second', valueOf: ({ rates }) => rates.made, write: aSecond },
  { label: 'ended', title: 'greenlets a second', valueOf: ({ rates }) => rates.ended, write: aSecond },
  {
    label: 'ready',
    title: 'greenlets that are ready to run',
    valueOf: ({ counts }) => counts.ready,
    write: count,
  },
  {
    label: 'loop busy',
    title: 'share of the time the event loop was busy',
    valueOf: ({ load }) => load.utilization,
    write: percent,
  },
  {
    label: 'loop late',
    title: 'delay of the event loop, 99th percentile',
    valueOf: ({ load }) => load.delay.p99,
    write: milliseconds,
  },
  {
    label: 'garbage',
    title: 'share of the time spent in garbage collection',
    valueOf: ({ rates }) => rates.gc,
    write: percent,
  },
  { label: 'heap', title: 'memory of JavaScript objects', valueOf: ({ load }) => load.heap, write: bytes },
]

/** So many readings are drawn. */
const DRAWN = 60
const WIDTH = 120
const HEIGHT = 24

const history: number[][] = tiles.map(() => [])
const shown: { value: HTMLElement; line: SVGElement }[] = []

/** The numbers, each with its last minute. */
export function showTiles(reading: Reading): void {
  if (shown.length === 0) build()
  tiles.forEach(({ valueOf, write }, index) => {
    const values = history[index]!
    const value = valueOf(reading)
    values.push(value)
    if (values.length > DRAWN) values.shift()
    const { value: text, line } = shown[index]!
    text.textContent = write(value)
    line.setAttribute('points', pointsOf(values))
  })
}

function build(): void {
  for (const { label, title } of tiles) {
    const value = element('dd')
    const line = shape('polyline')
    const picture = shape(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      line,
    )
    place('tiles').append(element('dl', { class: 'tile', title }, element('dt', {}, label), value, picture))
    shown.push({ value, line })
  }
}

function pointsOf(values: readonly number[]): string {
  const most = Math.max(...values, 1e-9)
  const least = Math.min(...values, 0)
  const first = DRAWN - values.length
  return values
    .map((value, index) => {
      const x = ((first + index) / (DRAWN - 1)) * WIDTH
      const y = HEIGHT - 2 - ((value - least) / (most - least)) * (HEIGHT - 4)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
}

function aSecond(value: number): string {
  return `${count(Math.round(value))}/s`
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : count(Math.round(value))} ms`
}
