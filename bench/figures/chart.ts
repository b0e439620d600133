/** Charts as SVG: bars or dots for one work, lines for one that is measured at several sizes. */
import { scaleOf, type Scale } from './scale.js'

/** A value, and how far it spread. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Bar {
  readonly label: string
  /** Whether it is the subject of the chart, and not what it is compared with. */
  readonly ours: boolean
  readonly cost: Spread
}

export interface Series {
  readonly label: string
  readonly ours: boolean
  readonly points: readonly { readonly size: number; readonly cost: Spread }[]
}

type Format = (value: number) => string

const width = 760
const labelsEnd = 246
const plotEnd = 630
const rowHeight = 26
const top = 58

/**
 * A line for each peer: bars from zero, or, where the costs are so far apart that most bars would vanish, dots on a
 * logarithmic axis. A thin line shows the spread.
 */
export function barChart(title: string, subtitle: string, bars: readonly Bar[], format: Format): string {
  const costs = bars.map(({ cost }) => cost)
  const logarithmic =
    Math.max(...costs.map(({ median }) => median)) > 12 * Math.min(...costs.map(({ median }) => median))
  const scale = scaleOf(costs, labelsEnd + 10, plotEnd, logarithmic)
  const bottom = top + bars.length * rowHeight
  const rows = bars.map(({ label, ours, cost }, index) => {
    const y = top + index * rowHeight + rowHeight / 2
    const kind = ours ? 'ours' : 'other'
    const x = scale.at(cost.median)
    const spread = line(scale.at(cost.min), y, scale.at(cost.max), y, 'spread')
    const mark = logarithmic
      ? spread + `<circle class="${kind}" cx="${round(x)}" cy="${y}" r="5.5"/>`
      : `<rect class="${kind}" x="${scale.start}" y="${y - 8}" width="${round(x - scale.start)}" height="16"/>` + spread
    const end = Math.max(x + (logarithmic ? 6 : 0), scale.at(cost.max))
    return (
      text(labelsEnd, y + 4, label, `end${ours ? ' strong' : ''}`) +
      mark +
      text(round(end + 8), y + 4, format(cost.median), ours ? 'strong' : '')
    )
  })
  const note = logarithmic ? `${subtitle}; logarithmic axis` : subtitle
  const axis = logarithmic
    ? verticalAxis(scale, bottom, format)
    : line(scale.start, top - 4, scale.start, bottom + 4, 'grid')
  return picture(title, note, bottom + (logarithmic ? 30 : 16), axis + rows.join(''))
}

/** A line for each peer over the number of tasks; both axes are logarithmic. */
export function lineChart(title: string, subtitle: string, series: readonly Series[], format: Format): string {
  const points = series.flatMap((one) => one.points)
  const [left, right, bottom] = [96, 600, 360]
  const sizes = [...new Set(points.map(({ size }) => size))].toSorted((a, b) => a - b)
  const across = scaleOf(
    sizes.map((size) => ({ median: size, min: size, max: size })),
    left,
    right,
    true,
  )
  const up = scaleOf(
    points.map(({ cost }) => cost),
    bottom,
    top + 8,
    true,
  )
  const grid = [
    ...up.ticks.map(
      (tick) =>
        line(left, up.at(tick), right, up.at(tick), 'grid') +
        text(left - 10, up.at(tick) + 4, format(tick), 'end muted'),
    ),
    ...sizes.map((size) => text(across.at(size), bottom + 22, size.toLocaleString('en'), 'middle muted')),
    text((left + right) / 2, bottom + 44, 'tasks', 'middle muted'),
  ]
  const ends = spreadOut(series.map((one) => up.at(one.points.at(-1)?.cost.median ?? 1)))
  const lines = series.map(({ label, ours, points }, index) => {
    const kind = ours ? 'ours' : `series${index}`
    const places = points.map(({ size, cost }) => ({ x: round(across.at(size)), y: round(up.at(cost.median)), cost }))
    const last = places.at(-1)
    if (!last) return ''
    const path = `<polyline class="path ${kind}-line" points="${places.map(({ x, y }) => `${x},${y}`).join(' ')}"/>`
    const marks = places.map(
      ({ x, y, cost }) =>
        line(x, up.at(cost.min), x, up.at(cost.max), 'spread') + `<circle class="${kind}" cx="${x}" cy="${y}" r="4"/>`,
    )
    // A series that ends before the others is named where it ends.
    const y = last.x < right - 1 ? last.y : ends[index]!
    return path + marks.join('') + text(last.x + 12, y + 4, label, `${kind}${ours ? ' strong' : ''}`)
  })
  return picture(title, `${subtitle}; logarithmic axes`, bottom + 60, grid.join('') + lines.join(''))
}

function verticalAxis(scale: Scale, bottom: number, format: Format): string {
  return scale.ticks
    .map(
      (tick) =>
        line(scale.at(tick), top - 4, scale.at(tick), bottom + 4, 'grid') +
        text(scale.at(tick), bottom + 20, format(tick), 'middle muted small'),
    )
    .join('')
}

/** Moves labels that would stand on each other apart, and keeps their order. */
function spreadOut(heights: readonly number[]): number[] {
  const moved = [...heights]
  const order = [...heights.keys()].toSorted((a, b) => heights[a]! - heights[b]!)
  for (const [place, index] of order.entries()) {
    const above = place === 0 ? -Infinity : moved[order[place - 1]!]!
    moved[index] = Math.max(moved[index]!, above + 17)
  }
  return moved
}

/** A card with a ground of its own: where a page is dark and its reader's system is not, it can still be read. */
function picture(title: string, subtitle: string, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
<rect class="ground" width="${width}" height="${height}" rx="8"/>
${text(20, 26, title, 'strong title')}${text(20, 45, subtitle, 'muted small')}
${body.replaceAll('><', '>\n<')}
</svg>
`
}

const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 14.5px } .small { font-size: 11.5px } .strong { font-weight: 600 }
.end { text-anchor: end } .middle { text-anchor: middle }
.ground { fill: #ffffff; stroke: #d1d9e0 } .muted { fill: #59636e } .grid { stroke: #d8dee4 }
.spread { stroke: #1f2328; stroke-width: 1.5 } .path { fill: none; stroke-width: 2 }
.ours { fill: #0b7a53 } .ours-line { stroke: #0b7a53; stroke-width: 3.5 } .other { fill: #9aa5b1 }
.series1 { fill: #2f6fd0 } .series1-line { stroke: #2f6fd0 } .series2 { fill: #b85c12 } .series2-line { stroke: #b85c12 }
.series3 { fill: #8250c4 } .series3-line { stroke: #8250c4 } .series4 { fill: #6e7781 } .series4-line { stroke: #6e7781 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .ground { fill: #0d1117; stroke: #3d444d } .muted { fill: #9198a1 } .grid { stroke: #2f363e }
  .spread { stroke: #f0f6fc } .ours { fill: #3fb984 } .ours-line { stroke: #3fb984 } .other { fill: #656d77 }
  .series1 { fill: #6ea8ff } .series1-line { stroke: #6ea8ff } .series2 { fill: #e8944a } .series2-line { stroke: #e8944a }
  .series3 { fill: #b78bf0 } .series3-line { stroke: #b78bf0 } .series4 { fill: #9aa5b1 } .series4-line { stroke: #9aa5b1 }
}
`

function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}">${escapeMarkup(content)}</text>`
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeMarkup(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
