import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { GreenletExit } from '../../scheduler/checks/errors.js'
import type { Descriptions } from './groups.js'
import type { Blocker, Graph } from './graph.js'

/** Something that is probably a fault. */
export interface Warning {
  /** Has a page: `gvent explain CODE`. */
  readonly code: string
  /** One sentence, with numbers. */
  readonly text: string
  /** Which greenlets it is about, some of them. */
  readonly ids: readonly number[]
}

/** So many have to wait for a lock, or one for so many milliseconds, before its holder is a warning. */
const MANY_WAITERS = 10
const LONG_WAIT = 1000
/** So many of the same warning are given. */
const MOST_OF_A_KIND = 5

/** Finds the warnings that one snapshot is enough for. Who looks again and again knows more. */
export function warningsOf({ cycles, blockers }: Graph, swallowed: SwallowedKills): Warning[] {
  return [
    ...cycles.slice(0, MOST_OF_A_KIND).map((cycle) => ({
      code: 'GVENT_WAIT_CYCLE',
      text: `deadlock: ${cycle.map(({ id, name, waitsFor }) => `${name} #${id} waits for ${waitsFor}`).join('; ')}`,
      ids: cycle.map(({ id }) => id),
    })),
    ...blockers.filter(isHeldLong).slice(0, MOST_OF_A_KIND).map(describeHeld),
    ...swallowed.warnings,
  ]
}

// Who holds a lock and waits for another one is no fault of its own: the holder of that one is.
function isHeldLong({ isLock, waitsFor, waiters, oldest }: Blocker): boolean {
  return isLock && waitsFor !== '' && !waitsFor.endsWith('.acquire') && (waiters >= MANY_WAITERS || oldest >= LONG_WAIT)
}

function describeHeld({ id, name, waitsFor, waited, subject, waiters, oldest }: Blocker): Warning {
  const wait = waiters === 1 ? '1 waits' : `${waiters.toLocaleString('en-US')} wait`
  return {
    code: 'GVENT_HELD_OVER_WAIT',
    text:
      `${wait} for ${subject}, the first for ${seconds(oldest)}; it is held by ${name} #${id}, ` +
      `which has waited for ${waitsFor} for ${seconds(waited)}`,
    ids: [id],
  }
}

/** Warns of greenlets that were found lost, where that is looked for: `GVENT_LOST=1`. */
export function lostWarnings(lost: readonly { id: number; text: string }[]): Warning[] {
  return lost.slice(-MOST_OF_A_KIND).map(({ id, text }) => ({
    code: 'GVENT_LOST',
    text: `${text} is lost: nothing references what it waits for any more`,
    ids: [id],
  }))
}

/** Finds kills that were caught. */
export class SwallowedKills {
  readonly warnings: Warning[] = []

  constructor(
    private readonly now: number,
    private readonly descriptions: Descriptions,
  ) {}

  // A cleanup that waits in a shield, or that has not had its grace, is no swallowed kill.
  add(greenlet: Greenlet): void {
    const { interruptions, wait } = greenlet
    if (interruptions === null || wait === null || greenlet.state !== 'waiting') return
    const { killedWith } = interruptions
    if (!GreenletExit.isExit(killedWith) || interruptions.shields > 0) return
    const waited = this.now - wait.since
    if (waited < LONG_WAIT || this.warnings.length === MOST_OF_A_KIND) return
    this.warnings.push({
      code: 'GVENT_SWALLOWED_KILL',
      text:
        `${greenlet.name} #${greenlet.id} was killed and waits for ${this.descriptions.of(wait.operation)} ` +
        `for ${seconds(waited)}: something caught the kill, or its cleanup waits without a shield`,
      ids: [greenlet.id],
    })
  }
}

/** Milliseconds for people: `8.4 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
