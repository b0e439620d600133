import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'

/** All that a run depends on, apart from the program. */
export interface Recipe {
  /** The seed of chance outside of the schedule: `Math.random` and the like. */
  readonly seed: number
  readonly slowness: number
  readonly maxSteps: number
  readonly autojump: boolean
  readonly cancel: boolean
  readonly globals: boolean
  readonly nativeAwaits: boolean
  /** The choice at each decision; production's choice after the last. */
  readonly choices: readonly number[]
}

const VERSION = 'g1'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * A recipe as a short text. Most choices are production's, so only the others are written, each with its distance
 * from the one before; numbers take a letter for each five bits.
 */
export function encodeToken({
  seed,
  slowness,
  maxSteps,
  autojump,
  cancel,
  globals,
  nativeAwaits,
  choices,
}: Recipe): string {
  const numbers = [
    (autojump ? 1 : 0) + (cancel ? 2 : 0) + (globals ? 4 : 0) + (nativeAwaits ? 8 : 0),
    slowness,
    maxSteps,
    seed,
  ]
  let skipped = 0
  for (const choice of choices) {
    if (choice === 0) skipped++
    else {
      numbers.push(skipped, choice)
      skipped = 0
    }
  }
  return VERSION + numbers.map(encodeNumber).join('')
}

/** @throws TypeError for a text that is no token. */
export function decodeToken(token: string): Recipe {
  if (typeof token !== 'string' || !token.startsWith(VERSION)) throw notAToken(token)
  const [flags, slowness, maxSteps, seed, ...pairs] = decodeNumbers(token)
  if (flags === undefined || slowness === undefined || maxSteps === undefined) throw notAToken(token)
  if (seed === undefined || pairs.length % 2 !== 0) throw notAToken(token)
  const choices: number[] = []
  for (let index = 0; index < pairs.length; index += 2) {
    for (let skipped = pairs[index]!; skipped > 0; skipped--) choices.push(0)
    choices.push(pairs[index + 1]!)
  }
  return {
    seed,
    slowness,
    maxSteps,
    autojump: (flags & 1) !== 0,
    cancel: (flags & 2) !== 0,
    globals: (flags & 4) !== 0,
    nativeAwaits: (flags & 8) !== 0,
    choices,
  }
}

function encodeNumber(number: number): string {
  let text = ''
  let left = number
  for (; left >= 32; left = Math.floor(left / 32)) text += ALPHABET[32 + (left % 32)]!
  return text + ALPHABET[left]!
}

function decodeNumbers(token: string): number[] {
  const numbers: number[] = []
  let number = 0
  let unit = 1
  for (const letter of token.slice(VERSION.length)) {
    const digit = ALPHABET.indexOf(letter)
    if (digit === -1) throw notAToken(token)
    number += (digit % 32) * unit
    unit *= 32
    if (digit >= 32) continue
    numbers.push(number)
    number = 0
    unit = 1
  }
  if (unit !== 1) throw notAToken(token)
  return numbers
}

function notAToken(token: unknown): TypeError {
  return misuse(
    new TypeError(
      `simulate({ replay }): ${show(token)} is not a token; copy it whole from the failure, it begins with "${VERSION}"`,
    ),
  )
}
