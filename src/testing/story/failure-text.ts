import { dumpOf } from '../../scheduler/reports/dump.js'
import { others } from '../../scheduler/reports/listed.js'
import { describeCycles } from '../../scheduler/sync/lock-cycle.js'
import { encodeToken } from '../choices/token.js'
import { SimulationFailure, type FailureKind } from '../failure.js'
import { countUnusual } from '../search/shrink.js'
import type { Trace } from './trace.js'
import type { Verdict } from '../world/verdicts.js'
import type { World } from '../world/world.js'

/** One line on what was wrong with a run. */
export function headline(world: World, { kind, error, last }: Verdict): string {
  const by = last === null ? '' : ` "${last.name}"`
  switch (kind) {
    case 'error':
      return `an error: ${describeError(error)}`
    case 'invariant':
      return `an invariant broke after a step of${by}: ${describeError(error)}`
    case 'deadlock':
      return `a deadlock: ${count(world)}, and nothing can wake ${world.hub.alive + world.calls.size === 1 ? 'it' : 'them'}`
    case 'livelock':
      return `a livelock: no end after ${world.log.steps} steps (raise maxSteps if the program needs more)`
    case 'leak':
      return world.hub.alive + world.calls.size > 0
        ? `a leak: the function has ended, and ${count(world)} still`
        : 'a leak: the function has ended, and a timer is still set'
    case 'nondeterminism':
    case 'mark':
      return describeError(error)
  }
}

/**
 * All that is known of a run that failed.
 *
 * @param schedule how many schedules were tried, if several were.
 * @param remark what else is known of it.
 */
export function describeFailure(
  world: World,
  { switches, diagram }: Trace,
  schedule?: number,
  remark: string = '',
): SimulationFailure {
  const verdict = world.verdicts.verdict!
  const { kind, error } = verdict
  const token = encodeToken({ ...world.options, choices: world.choices.values })
  const where = schedule === undefined ? 'in a run that was repeated' : `in schedule ${schedule}`
  const message = [
    headline(world, verdict),
    `${where}${describeSwitches(switches, countUnusual(world.choices.values))}`,
    ...switches.map((text, index) => `  ${index + 1}. ${text}`),
    'who ran when:',
    diagram,
    situation(world, kind),
    remark,
    `to repeat it: simulate({ replay: '${token}' }, fn)`,
  ]
  return new SimulationFailure({
    kind,
    message: message.filter((text) => text !== '').join('\n'),
    cause: error,
    token,
    switches,
    diagram,
    schedule,
  })
}

function describeSwitches(switches: readonly string[], unusual: number): string {
  if (unusual === 0) return ', in production’s own order'
  return `, with ${switches.length} unusual ${switches.length === 1 ? 'decision' : 'decisions'}:`
}

/** Describes the greenlets at the end, for failures that this explains. */
export function situation(world: World, kind: FailureKind): string {
  const reports = world.verdicts.reports.join('\n')
  if (kind !== 'deadlock' && kind !== 'leak' && kind !== 'livelock') return reports
  return [reports, world.situation ?? describeGreenlets(world)].filter((text) => text !== '').join('\n')
}

/** Every greenlet that is left, with what it waits for. */
export function describeGreenlets({ hub }: World): string {
  const greenlets = hub.greenlets()
  return [describeCycles(greenlets), dumpOf(greenlets, others.list())].filter((text) => text !== '').join('\n')
}

function count({ hub, calls }: World): string {
  const greenlets = hub.alive === 1 ? '1 greenlet' : `${hub.alive} greenlets`
  if (calls.size === 0) return `${greenlets} ${hub.alive === 1 ? 'waits' : 'wait'}`
  const asyncs = calls.size === 1 ? '1 async function' : `${calls.size} async functions`
  return hub.alive === 0 ? `${asyncs} ${calls.size === 1 ? 'waits' : 'wait'}` : `${greenlets} and ${asyncs} wait`
}

function describeError(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.trim().replace(/\n\s*\n/g, '\n')
}
