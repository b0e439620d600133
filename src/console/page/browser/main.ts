import type { News, Recent } from '../feed.js'
import type { Reading } from '../../reader.js'
import { addressOf } from './data.js'
import { button, element, place } from './elements.js'
import { showGraph } from './graph.js'
import { GreenletTable } from './greenlets.js'
import { showHeadline, showLost, showSilence } from './headline.js'
import { openDump, openTrace } from './reports.js'
import { groupTable, longestTable, thingTable } from './tables.js'
import { showTiles } from './tiles.js'
import { showTimelines, takeRecent } from './timelines.js'
import { Tree } from './tree.js'
import { count, duration } from './wording.js'

let latest: Reading | undefined
let isHeld = false

const greenlets = new GreenletTable()
const tree = new Tree()
const groups = groupTable((key, name) => {
  greenlets.choose(key, name)
  choose('Greenlets')
})
const longest = longestTable()
const things = thingTable()

interface Tab {
  readonly name: string
  readonly view: HTMLElement
  /** Draws it again with each reading. */
  readonly show: (reading: Reading) => void
  /** Done when it is chosen. */
  readonly begin?: () => void
}

const tabs: readonly Tab[] = [
  { name: 'Groups', ...groups },
  {
    name: 'Greenlets',
    view: greenlets.view,
    show: reload,
    begin: () => {
      greenlets.load()
    },
  },
  {
    name: 'Tree',
    view: tree.view,
    show: () => undefined,
    begin: () => {
      tree.load()
    },
  },
  { name: 'Longest waits', ...longest },
  { name: 'Things', ...things },
]
let chosen = tabs[0]!

/** With more greenlets than that, the rows that are seen are read again when the user asks for it. */
const READ_AGAIN = 10_000

function reload({ counts }: Reading): void {
  if (counts.alive <= READ_AGAIN) greenlets.load()
}

function choose(name: string): void {
  chosen = tabs.find((tab) => tab.name === name)!
  for (const each of place('tabs').children) each.setAttribute('aria-selected', String(each.textContent === name))
  place('panel').replaceChildren(chosen.view)
  chosen.begin?.()
  if (latest !== undefined) chosen.show(latest)
}

function show(reading: Reading): void {
  latest = reading
  if (isHeld) return
  const { pid, node, up, title } = reading
  const name = title.split(/[\\/]/).at(-1) ?? ''
  place('process').replaceChildren(
    element('b', { title }, name === '' ? `process ${pid}` : name),
    ` pid ${pid} · Node ${node} · up ${duration(up * 1000)}`,
  )
  document.title = `${count(reading.counts.alive)} · ${name === '' ? pid : name} · gvent`
  showHeadline(reading)
  showTiles(reading)
  showGraph(reading)
  showTimelines(reading)
  chosen.show(reading)
}

function isLive(state: 'live' | 'held' | 'lost' | 'over'): void {
  const live = place('live')
  live.className = `live ${state}`
  live.textContent = { live: 'live', held: 'held', lost: 'connecting', over: 'ended' }[state]
}

function listen(): void {
  const events = new EventSource(addressOf('/events'))
  const on = (kind: string, act: (data: unknown) => void): void => {
    events.addEventListener(kind, ({ data }: MessageEvent<string>) => {
      act(JSON.parse(data))
    })
  }
  on('recent', (data) => {
    takeRecent(data as Recent)
  })
  on('reading', (data) => {
    const { reading } = data as Extract<News, { kind: 'reading' }>
    isLive(isHeld ? 'held' : 'live')
    show(reading)
  })
  on('silence', (data) => {
    const { text } = data as Extract<News, { kind: 'silence' }>
    showSilence(text, false)
  })
  on('end', (data) => {
    const { text } = data as Extract<News, { kind: 'end' }>
    events.close()
    isLive('over')
    showSilence(text, true)
  })
  events.addEventListener('error', () => {
    if (events.readyState === EventSource.CLOSED) return
    isLive('lost')
    showLost()
  })
}

place('tabs').append(
  ...tabs.map(({ name }) =>
    button({ role: 'tab', 'aria-selected': 'false' }, name, () => {
      choose(name)
    }),
  ),
)
place('hold').addEventListener('click', () => {
  isHeld = !isHeld
  place('hold').setAttribute('aria-pressed', String(isHeld))
  isLive(isHeld ? 'held' : 'live')
  if (!isHeld && latest !== undefined) show(latest)
})
place('dump').addEventListener('click', () => {
  openDump(latest?.counts.alive ?? 0)
})
place('trace').addEventListener('click', openTrace)
choose('Groups')
listen()
