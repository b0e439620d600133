/** Draws a trace as a picture: a lane for each greenlet, and time to the right, a step as wide as any other. */

const [slotWidth, stepWidth, laneHeight, left, top] = [94, 56, 58, 108, 20]
const style = `
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.name { font-weight: 600; font-size: 14px } .note { fill: #59636e; font-size: 11px } .middle { text-anchor: middle }
.ground { fill: #ffffff; stroke: #d1d9e0 } .lane { stroke: #d1d9e0 } .running { fill: #0b7a53 } .in { fill: #ffffff; font-weight: 600 }
.hub { fill: #59636e } .waiting { fill: #e6eaed } .ready { fill: #bfe3d2 } .arrow { stroke: #59636e; stroke-width: 1.5; fill: none } .head { fill: #59636e }
.killed { stroke: #b3261e; stroke-width: 2.5 } .kill { fill: #b3261e; font-weight: 600; font-size: 11px }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .note { fill: #9198a1 } .ground { fill: #0d1117; stroke: #3d444d } .lane { stroke: #3d444d } .running { fill: #3fb984 }
  .in { fill: #0d1117 } .hub { fill: #9198a1 } .waiting { fill: #262c33 } .ready { fill: #1d4a37 } .arrow { stroke: #9198a1 } .head { fill: #9198a1 }
  .killed { stroke: #ff8a80 } .kill { fill: #ff8a80 }
}
`

/**
 * @param {object[]} events of a trace, in Chrome's format
 * @param {string} title
 * @returns {string} an SVG, the same for each run in which the same happens in the same order
 */
export function drawTrace(events, title) {
  const names = new Map(
    events.filter(({ name }) => name === 'thread_name').map(({ tid, args }) => [tid, args.name.replace(/ #\d+$/, '')]),
  )
  const isStep = ({ ph, name, tid }) => ph === 'X' && (name === 'running' || (tid === 0 && name === 'timers and I/O'))
  const steps = events.filter(isStep).sort((a, b) => a.ts - b.ts)
  // In the order in which they ran first; the hub is above them.
  const tracks = [0, ...new Set(steps.map(({ tid }) => tid).filter((tid) => tid !== 0))]
  const laneOf = (tid) => top + tracks.indexOf(tid) * laneHeight
  const startOf = (step) => left + steps.indexOf(step) * slotWidth
  const middleOf = (step) => startOf(step) + stepWidth / 2
  const width = left + (steps.length - 1) * slotWidth + stepWidth + 20
  const height = top + tracks.length * laneHeight + 36
  const wakes = new Map(events.filter(({ ph }) => ph === 's').map(({ id, tid, ts }) => [id, stepAt(tid, ts)]))
  const kills = events.filter(({ name, ph }) => ph === 'i' && name === 'killed')

  const shapes = tracks.map((tid) => {
    const y = laneOf(tid) + 20
    return `<path class="lane" d="M${left} ${y}H${width - 20}"/><text class="name" x="16" y="${y + 5}">${names.get(tid)}</text>`
  })
  for (const tid of tracks.slice(1)) shapes.push(...statesOf(tid))
  for (const [index, step] of steps.entries()) shapes.push(stepBox(step, index))
  for (const arrow of events.filter(({ ph }) => ph === 'f')) shapes.push(arrowTo(arrow))
  shapes.push(...legend())
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escape(title)}</title>
<style>${style}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8Z"/></marker></defs>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${shapes.join('\n')}
</svg>
`

  /** The step in which something happened; a wake from outside is in the hub's. */
  function stepAt(tid, ts) {
    return steps.findLast((step) => step.tid === tid && step.ts <= ts) ?? steps[0]
  }

  /** What a greenlet waits for between its steps, and from when on it is ready. */
  function statesOf(tid) {
    const own = steps.filter((step) => step.tid === tid)
    return own.flatMap((step, index) => {
      const before = own[index - 1]
      const arrow = events.find((each) => each.ph === 'f' && each.tid === tid && Math.abs(each.ts - step.ts) < 1e-3)
      const woken = arrow === undefined ? startOf(step) : middleOf(wakes.get(arrow.id))
      const bars = [bar('ready', woken, startOf(step), tid, '')]
      if (before === undefined) return bars
      const since = startOf(before) + stepWidth
      const wait = events.find(
        (each) => each.cat === 'waiting' && each.tid === tid && each.ts >= before.ts && each.ts < step.ts,
      )
      bars.unshift(bar('waiting', since, woken, tid, shortOf(wait?.name ?? '')))
      const kill = kills.find((each) => each.tid === tid && each.ts > before.ts && each.ts < step.ts)
      if (kill !== undefined) bars.push(cross(woken, laneOf(tid) + 20))
      return bars
    })
  }

  function bar(kind, from, to, tid, text) {
    if (to <= from) return ''
    const y = laneOf(tid)
    const room = Math.floor((to - from - 8) / 5.6)
    const shown = text.length <= room ? text : `${text.slice(0, room - 1)}…`
    const label = text === '' ? '' : `<text class="note" x="${from + 5}" y="${y + 24}">${escape(shown)}</text>`
    return `<rect class="${kind}" x="${from}" y="${y + 8}" width="${to - from}" height="24"/>${label}`
  }

  function stepBox(step, index) {
    const [x, y] = [startOf(step), laneOf(step.tid)]
    const text = step.tid !== 0 ? 'runs' : index === 0 ? 'start' : 'timer'
    const kind = step.tid === 0 ? 'hub' : 'running'
    return `<rect class="${kind}" x="${x}" y="${y + 4}" width="${stepWidth}" height="32" rx="5"/><text class="in middle" x="${x + stepWidth / 2}" y="${y + 24}">${text}</text>`
  }

  function arrowTo({ id, tid }) {
    const waker = wakes.get(id)
    const [from, to] = [laneOf(waker.tid), laneOf(tid)]
    const x = middleOf(waker)
    return `<path class="arrow" marker-end="url(#head)" d="M${x} ${from < to ? from + 36 : from + 4}V${from < to ? to + 7 : to + 33}"/>`
  }

  function legend() {
    const y = height - 16
    return [
      ['running', 'runs'],
      ['ready', 'ready: its turn comes'],
      ['waiting', 'waits'],
    ].map(([kind, text], index) => {
      const x = left + index * 150
      return `<rect class="${kind}" x="${x}" y="${y - 10}" width="14" height="12" rx="2"/><text class="note" x="${x + 20}" y="${y}">${text}</text>`
    })
  }
}

/** A greenlet is called by its name: its lane says which it is. */
function shortOf(text) {
  return text.replace(/<Greenlet #\d+ "([^"]+)">/g, '$1')
}

function cross(x, y) {
  return `<path class="killed" d="M${x - 6} ${y - 6}l12 12m0 -12l-12 12"/><text class="kill" x="${x + 12}" y="${y + 4}">killed</text>`
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
