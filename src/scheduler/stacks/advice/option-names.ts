import type { OptionNames } from '../../checks/check-options.js'
import { misuse } from '../../checks/errors.js'
import { isPlainObject } from '../../checks/plain-object.js'
import { publicCall } from './public-call.js'

/**
 * Checks an option that is none of a call's own, nor one of the platform's. Where options are handed on to the platform, only near
 * misses of the library's own are errors.
 *
 * What is `undefined`, what is inherited, and the properties of an instance of a class are not looked at: an object of a
 * program's own may have more to it than options.
 *
 * @throws TypeError for one that is not.
 * @internal
 */
export function checkUnknown(
  name: string,
  options: object,
  { own, platform, isStrict = platform === undefined }: OptionNames,
  owner?: object,
): void {
  if (!isPlainObject(options) || !Object.hasOwn(options, name)) return
  if ((options as Record<string, unknown>)[name] === undefined) return
  const call = publicCall()
  const near = nearest(name, own)
  const isHandedOn = !isStrict || (owner !== undefined && isMadeBySubclass(call, owner))
  if (isHandedOn && near === undefined) return
  throw misuse(
    new TypeError(`${call || 'options'}: there is no option \`${name}\`.${describeOptions(own, near)}`),
    'GVENT_UNKNOWN_OPTION',
  )
}

// `new Pool` was called, and what it makes is a `MyPool`.
function isMadeBySubclass(call: string, { constructor }: object): boolean {
  return call.startsWith('new ') && call !== `new ${constructor.name}`
}

/** The option that somebody who wrote `name` may have meant. @internal */
export function nearest(name: string, own: readonly string[]): string | undefined {
  return own.find((known) => isNear(known, name))
}

// ` Did you mean …? It takes …`
function describeOptions(own: readonly string[], near: string | undefined): string {
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
  return `${hint} ${own.length === 0 ? 'It takes none' : `It takes ${listOf(own)}`}`
}

function listOf(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`
}

// One slip of the finger, or two in a long name: a letter too many, too few, another or swapped.
function isNear(known: string, name: string): boolean {
  const [one, other] = [known.toLowerCase(), name.toLowerCase()]
  return one === other || distance(one, other) <= (Math.min(one.length, other.length) < 6 ? 1 : 2)
}

function distance(one: string, other: string): number {
  let twoBefore: number[] = []
  let before = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const least = Math.min(before[column]! + 1, current[column - 1]! + 1, before[column - 1]! + (isSame ? 0 : 1))
      current.push(isSwapped && row > 1 && column > 1 ? Math.min(least, twoBefore[column - 2]! + 1) : least)
    }
    twoBefore = before
    before = current
  }
  return before[other.length]!
}
