import type { Recent } from '../feed.js'
import type { Reading, Run } from '../../reader.js'
import { openDetails } from './details.js'
import { button, element, place, shape } from './elements.js'
import { duration, percent } from './wording.js'

/** Milliseconds that are drawn. */
const SPAN = 60_000
const MOST_LANES = 100
const WIDTH = 600
const HEIGHT = 16

interface Lane {
  readonly row: HTMLElement
  readonly share: HTMLElement
  readonly note: HTMLElement
  readonly line: SVGElement
}

let { runs, periods }: Recent = { runs: [], periods: [] }
const lanes = new Map<number, Lane>()

/** Takes what was seen before this page was opened. */
export function takeRecent(recent: Recent): void {
  ;({ runs, periods } = recent)
}

/** When each of the busiest hundred ran. What lies between is waiting. */
export function showTimelines({ runs: fresh, period, busiest }: Reading): void {
  const now = period[1]
  runs.push(...fresh)
  periods.push(period)
  const begin = now - SPAN
  runs = runs.filter(([, , end]) => end > begin)
  periods = periods.filter(([, end]) => end > begin)
  const byId = new Map<number, Run[]>()
  const busy = new Map<number, number>()
  for (const run of runs) {
    const [id, from, to] = run
    const known = byId.get(id)
    if (known === undefined) byId.set(id, [run])
    else known.push(run)
    busy.set(id, (busy.get(id) ?? 0) + to - from)
  }
  const shown = Array.from(busy)
    .sort((one, other) => other[1] - one[1])
    .slice(0, MOST_LANES)
  const known = new Map(busiest.map((each) => [each.id, each]))
  const card = place('timelines')
  if (shown.length === 0) {
    lanes.clear()
    card.replaceChildren(element('p', { class: 'empty' }, 'No greenlet was seen running.'))
    return
  }
  const looked = periods.reduce((sum, [from, to]) => sum + to - from, 0)
  const rows = shown.map(([id, milliseconds]) => {
    const details = known.get(id)
    const lane = lanes.get(id) ?? makeLane(id, details?.name ?? `#${id}`)
    lanes.set(id, lane)
    lane.share.textContent = percent(Math.min(1, milliseconds / looked))
    lane.note.textContent = details === undefined || details.state === 'ended' ? 'ended' : noteOf(details)
    lane.line.setAttribute('d', pathOf(byId.get(id)!, begin))
    return lane.row
  })
  for (const id of lanes.keys()) if (!busy.has(id)) lanes.delete(id)
  // Rows that stay are not taken out: the focus would be lost.
  rows.forEach((row, index) => {
    if (card.children[index] !== row) card.insertBefore(row, card.children[index] ?? null)
  })
  while (card.children.length > rows.length) card.lastElementChild!.remove()
}

function noteOf({ state, waitsFor, waited }: { state: string; waitsFor: string; waited: number }): string {
  return waitsFor === '' ? state : `${waitsFor} · ${duration(waited)}`
}

function makeLane(id: number, name: string): Lane {
  const share = element('span', { class: 'share' })
  const note = element('span', { class: 'note' })
  const line = shape('path', { class: 'ran' })
  const picture = shape(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    shape('path', { class: 'waited', d: `M0,${HEIGHT / 2} H${WIDTH}` }),
    line,
  )
  const opener = button({ class: 'link' }, `${name} #${id}`, () => {
    openDetails(id)
  })
  const row = element('div', { class: 'lane' }, opener, share, note)
  row.append(picture)
  return { row, share, note, line }
}

function pathOf(ran: readonly Run[], begin: number): string {
  return ran
    .map(([, from, to]) => {
      const left = Math.max(0, ((from - begin) / SPAN) * WIDTH)
      const right = Math.max(left + 1.2, ((to - begin) / SPAN) * WIDTH)
      return `M${left.toFixed(1)},${HEIGHT / 2} H${right.toFixed(1)}`
    })
    .join('')
}
