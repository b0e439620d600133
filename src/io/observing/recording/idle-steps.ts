import type { Warning } from '../warnings.js'
import type { Recording } from './recording.js'
import { EVENT, readEvents } from './ring.js'

/** A greenlet makes no progress if it does so many steps a second without effect … */
const STEPS_A_SECOND = 1000
/** … which are this part of all its steps, or more, … */
const SHARE = 0.5
/** … each of which takes less than so many milliseconds on the average: one that works between them gives way. */
const SHORT = 0.05
/** … and the next of which comes within so many milliseconds. */
const SOON = 1.5
/** Less than so many milliseconds of a recording say nothing. */
const SHORTEST = 10
/** So many of the same warning are given. */
const MOST = 5

/** Waits that give nothing: a bare `yield`, a short sleep, a condition or an event. Others got an item, a permit, a byte. */
const GIVES_NOTHING = /^(?:sleep\([01]?\)|idle\(\)|idle|Event\b.*|Condition\b.*)$/

interface Steps {
  all: number
  idle: number
  busy: number
  /** When the last step without effect ended, and what it waited for. */
  since: number
  what: string
}

/** Finds greenlets that are woken and park again, and again, without progress. */
export function idleSteps({ cells, texts, alive, from, to }: Recording): Warning[] {
  const seconds = (to - from) / 1000
  if (to - from < SHORTEST) return []
  const byGreenlet = new Map<number, Steps>()
  for (const { kind, a, c, t, u } of readEvents(cells)) {
    if (u < from || (kind !== EVENT.GAVE_WAY && kind !== EVENT.WAITED)) continue
    let steps = byGreenlet.get(a)
    if (steps === undefined) byGreenlet.set(a, (steps = { all: 0, idle: 0, busy: 0, since: -Infinity, what: '' }))
    const what = kind === EVENT.GAVE_WAY ? 'yield' : texts[c]!
    if (t - steps.since < SOON && what === steps.what) {
      steps.idle++
      steps.busy += u - t
    }
    steps.all++
    const isIdle = kind === EVENT.GAVE_WAY || GIVES_NOTHING.test(what)
    steps.since = isIdle ? u : -Infinity
    steps.what = what
  }
  const names = new Map(alive.map(({ id, name }) => [id, texts[name]!]))
  return Array.from(byGreenlet)
    .filter(
      ([, { all, idle, busy }]) =>
        idle >= STEPS_A_SECOND * seconds && idle >= all * SHARE && busy / Math.max(1, idle) < SHORT,
    )
    .sort((one, other) => other[1].idle - one[1].idle)
    .slice(0, MOST)
    .map(([id, { idle, what }]) => ({
      code: 'GVENT_NO_PROGRESS',
      text:
        `${names.get(id) ?? 'a greenlet'} #${id} was woken ${Math.round(idle / seconds).toLocaleString('en-US')} times a ` +
        `second and waited for ${what} again, without progress`,
      ids: [id],
    }))
}
