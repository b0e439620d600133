import { AcquireAttempt } from './acquirable.js'
import { Gathering, Part } from '../waits/gathering.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { reporter } from '../kernel/reporter.js'
import { captureStack, formatStack } from '../stacks/stack.js'

/** One greenlet of a cycle, and what it waits for. */
interface Link {
  readonly greenlet: Greenlet
  readonly operation: Operation<unknown>
}

/**
 * The locks that closed a cycle before: a program that escapes from one by a timeout and tries again is reported once.
 */
const reported = new WeakSet()

/**
 * Reports it when the greenlet that begins to wait for `lock` waits, directly or over others, for itself. Only a kill
 * or a timeout gets the greenlets of such a cycle out of it, while all others run on as if nothing had happened.
 *
 * The way goes from a greenlet to what it waits for, and from there to those who would have to act for that
 * ({@link Operation.holders}): the owner of a lock, the greenlet to be joined.
 * @internal
 */
export function reportLockCycle(lock: object, wait: Wait<unknown>): void {
  const { greenlet, operation } = wait
  if (greenlet === null || wait instanceof Part || reported.has(lock)) return
  const cycle = findCycle({ greenlet, operation })
  if (cycle === undefined) return
  reported.add(lock)
  wait.hub.platform.report(describeCycle(cycle))
}

function findCycle(start: Link): Link[] | undefined {
  const seen = new Set<Greenlet>()
  const path: Link[] = [start]
  const branches: Iterator<Greenlet>[] = [start.operation.holders()[Symbol.iterator]()]
  while (branches.length > 0) {
    const next = branches.at(-1)!.next()
    if (next.done) {
      branches.pop()
      path.pop()
      continue
    }
    const greenlet = next.value
    if (greenlet === start.greenlet) return path
    const { wait } = greenlet
    // One that has what it waited for will go on; one that waits for several things may go on with another of them.
    if (seen.has(greenlet) || wait === null || wait.settled || wait.operation instanceof Gathering) continue
    seen.add(greenlet)
    path.push({ greenlet, operation: wait.operation })
    branches.push(wait.operation.holders()[Symbol.iterator]())
  }
  return undefined
}

function describeCycle(cycle: Link[]): string {
  const lines = cycle.map((link, index) => {
    const holder = cycle[(index + 1) % cycle.length]!.greenlet
    const what = `${link.greenlet.toString()} waits for ${link.operation.describe()}`
    const stack = index === 0 ? formatStack(captureStack(reportLockCycle)) : reporter.parkedStack(link.greenlet)
    const holds = cycle.length === 1 ? 'which it holds itself' : `which depends on ${holder.toString()}`
    return `  ${what}, ${holds}${stack === '' ? '' : `\n${stack}`}`
  })
  return (
    'Deadlock: these greenlets wait for one another in a cycle; only a kill or a timeout of one of them ' +
    `can end it. ${adviceOn(cycle)}\n${lines.join('\n')}`
  )
}

/** Advises on a cycle. */
function adviceOn(cycle: readonly Link[]): string {
  if (cycle.length > 1) {
    return cycle.every(({ operation }) => operation instanceof AcquireAttempt)
      ? 'Acquire several locks in the same order everywhere.'
      : 'Break the cycle: one of them must not wait for the next.'
  }
  const { operation } = cycle[0]!
  if (operation instanceof AcquireAttempt) {
    return 'Use an RLock, which its owner may acquire again, or do not acquire it twice.'
  }
  // A group depends on all its members, anything else on one greenlet.
  return Array.isArray(operation.holders())
    ? 'A greenlet cannot wait for its own end: let another one wait for it.'
    : 'A member cannot wait for its own group: spawn and wait from outside of it, or use a group of its own for what it spawns.'
}

/** Which of the greenlets wait for themselves, directly or over others, a line each; empty if none does. @internal */
export function describeCycles(greenlets: Iterable<Greenlet>): string {
  const seen = new Set<Greenlet>()
  const lines: string[] = []
  for (const greenlet of greenlets) {
    const { wait } = greenlet
    if (seen.has(greenlet) || wait === null || wait.settled || wait.operation instanceof Gathering) continue
    const cycle = findCycle({ greenlet, operation: wait.operation })
    if (cycle === undefined) continue
    for (const link of cycle) seen.add(link.greenlet)
    const links = cycle.map((link, index) => {
      const holder = cycle.length === 1 ? 'itself' : cycle[(index + 1) % cycle.length]!.greenlet.toString()
      return `${link.greenlet.toString()} waits for ${link.operation.describe()}, which depends on ${holder}`
    })
    lines.push(`Deadlock: ${links.join('; ')}. ${adviceOn(cycle)}`)
  }
  return lines.join('\n')
}
