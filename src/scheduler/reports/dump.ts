import '../stacks/install.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import type { Hub } from '../kernel/hub.js'
import { described } from '../checks/show.js'
import { parkedStack } from '../stacks/parked-stack.js'
import { thread } from '../kernel/thread.js'
import { others, type Listed } from './listed.js'

/**
 * Every live greenlet of this thread as a tree (its scope's owner or its spawner is its parent): what it waits for and
 * for how long, who holds that, the whole stack of where it is parked, and where it was spawned.
 *
 * ```
 * <Greenlet #3 "worker" waiting for Queue "jobs".get for 3.2 s>
 *     at worker (pool.ts:41:19)
 *   spawned
 *     at main (pool.ts:80:5)
 * ```
 *
 * Taking it disturbs nothing: the greenlets stay parked where they are.
 */
export function dump(): string {
  return dumpOf(thread.hub.greenlets(), others.list())
}

/** The same for some greenlets, and for others. @internal */
export function dumpOf(greenlets: Iterable<Greenlet>, more: readonly Listed[] = []): string {
  const listed = [...Array.from(greenlets, listGreenlet).reverse(), ...more]
  const keys = new Set(listed.map(({ key }) => key))
  const children = new Map<object | undefined, Listed[]>()
  for (const each of listed) {
    const parent = each.parent !== undefined && keys.has(each.parent) ? each.parent : undefined
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [each])
    else siblings.push(each)
  }
  const lines: string[] = []
  // A list of its own in place of recursion: a chain of spawns may be longer than the stack is deep.
  const left = (children.get(undefined) ?? []).map((each) => ({ each, depth: 0 })).reverse()
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { each, depth } = next
    lines.push(indent(describe(each), '  '.repeat(depth)))
    const below = (children.get(each.key) ?? []).map((child) => ({ each: child, depth: depth + 1 }))
    left.push(...below.reverse())
  }
  return lines.join('\n')
}

function listGreenlet(greenlet: Greenlet): Listed {
  const stack = greenlet.state === 'waiting' || greenlet.state === 'ready' ? parkedStack(greenlet) : ''
  const { parent, spawnedAt } = greenlet
  return { key: greenlet, parent, summary: summary(greenlet), stack, spawnedAt }
}

function describe({ summary: line, stack, spawnedAt }: Listed): string {
  return [line, stack, spawnedAt === '' ? '' : `  spawned\n${spawnedAt}`].filter((part) => part !== '').join('\n')
}

/** One line on a greenlet: name, state, what it waits for, since when, and who holds that. @internal */
export function summary(greenlet: Greenlet): string {
  const { wait, state } = greenlet
  const id = `<Greenlet #${greenlet.id} ${JSON.stringify(greenlet.name)}`
  if (state !== 'waiting' || wait === null) return `${id} ${state}>`
  const holders = Array.from(wait.operation.holders(), (holder) => (holder === greenlet ? 'itself' : String(holder)))
  const held = holders.length === 0 ? '' : `, which depends on ${holders.slice(0, 3).join(', ')}`
  const progress = wait.operation.progress?.() ?? ''
  const what = `${described(wait.operation)}${progress === '' ? '' : ` (${progress})`}`
  return `${id} waiting for ${what} for ${duration(wait.hub, wait.since)}${held}>`
}

/** How a greenlet is shown by `util.inspect`: its {@link summary}, and where it was spawned. @internal */
export function inspection(greenlet: Greenlet): string {
  const place = /(?:^|[\s/\\(])([^\s/\\(]+:\d+):\d+\)?(?:\n|$)/.exec(greenlet.spawnedAt)?.[1]
  return place === undefined ? summary(greenlet) : `${summary(greenlet).slice(0, -1)}, spawned at ${place}>`
}

function duration(hub: Hub, since: number): string {
  return `${Math.max(0, (hub.now() - since) / 1000).toFixed(1)} s`
}

function indent(text: string, by: string): string {
  return by === '' ? text : text.replace(/^/gm, by)
}
