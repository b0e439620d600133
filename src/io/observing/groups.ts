import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { described, nameOf } from '../../scheduler/checks/show.js'

/** Greenlets that run the same function, wherever closures of it were made. */
export interface GreenletGroup {
  readonly key: string
  readonly name: string
  /** `file:line` of where one of them was spawned; empty when none has a stack of that. */
  place: string
  alive: number
  /** How many samples found one of them running, since the observation began. */
  samples: number
  /** How long the one that has waited longest has, in milliseconds. */
  oldest: number
  /** The most frequent waits, and their numbers. */
  waits: [what: string, count: number][]
}

interface Code {
  readonly key: string
  readonly name: string
}

const codes = new WeakMap<object, Code>()
const numbers = new Map<string, number>()

/** The group of a greenlet: by the name and the text of its function, since a closure is another function each time. */
export function codeOf(greenlet: Greenlet): Code {
  const { body } = greenlet as { body?: unknown }
  const fn = typeof body === 'function' ? body : greenlet.constructor
  let code = codes.get(fn)
  if (code === undefined) {
    const name = nameOf(fn)
    // Greenlets whose function has no name are distinguished by their own names.
    const shown = name === '' ? greenlet.name.replace(/(?<!\d)\d+$/, '') : name
    const text = `${shown}\n${Function.prototype.toString.call(fn)}`
    let number = numbers.get(text)
    if (number === undefined) numbers.set(text, (number = numbers.size + 1))
    code = { key: `${shown}#${number}`, name: shown }
    codes.set(fn, code)
  }
  return code
}

/** `file:line` of where it was spawned; empty when that is not known. */
export function placeOf(greenlet: Greenlet): string {
  return /(?:^|[\s/\\(])([^\s/\\(]+:\d+):\d+\)?(?:\n|$)/.exec(greenlet.spawnedAt)?.[1] ?? ''
}

/** Describes operations; those of one thing have one text, made once. */
export class Descriptions {
  private readonly known = new Map<object, Map<unknown, string>>()

  of(operation: Operation<unknown>): string {
    const subject = operation.subject?.()
    if (subject === undefined) return described(operation)
    let texts = this.known.get(subject)
    if (texts === undefined) this.known.set(subject, (texts = new Map<unknown, string>()))
    let text = texts.get(operation.constructor)
    if (text === undefined) texts.set(operation.constructor, (text = described(operation)))
    return text
  }
}

/** So many kinds of waits of a group are shown. */
const SHOWN_WAITS = 3
/** A group with more kinds than that counts the rest together, so that a text for each member does not pile up. */
const COUNTED_WAITS = 200

/** Sorts greenlets into groups. */
export class GroupSorter {
  private readonly groups = new Map<string, GreenletGroup>()
  private readonly waits = new Map<string, Map<string, number>>()

  constructor(
    private readonly now: number,
    private readonly samples: ReadonlyMap<string, number>,
    private readonly descriptions: Descriptions,
  ) {}

  add(greenlet: Greenlet): void {
    const { key, name } = codeOf(greenlet)
    let group = this.groups.get(key)
    if (group === undefined) {
      group = { key, name, place: '', alive: 0, samples: this.samples.get(key) ?? 0, oldest: 0, waits: [] }
      this.groups.set(key, group)
      this.waits.set(key, new Map())
    }
    group.alive++
    if (group.place === '') group.place = placeOf(greenlet)
    const { wait } = greenlet
    if (greenlet.state !== 'waiting' || wait === null) return
    group.oldest = Math.max(group.oldest, Math.round(this.now - wait.since))
    const counts = this.waits.get(key)!
    const text = counts.size < COUNTED_WAITS ? this.descriptions.of(wait.operation) : 'others'
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }

  /** The largest first. */
  finish(): GreenletGroup[] {
    for (const group of this.groups.values()) {
      group.waits = Array.from(this.waits.get(group.key)!)
        .sort((one, other) => other[1] - one[1])
        .slice(0, SHOWN_WAITS)
    }
    return Array.from(this.groups.values()).sort((one, other) => other.alive - one.alive)
  }
}
