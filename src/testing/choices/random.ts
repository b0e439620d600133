import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'

/**
 * A source of pseudo-random numbers: the same seed gives the same numbers on every platform, since it computes with
 * whole numbers only. (Mulberry32, by Tommy Ettinger.)
 */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** A whole number from 0 to 2³² − 1. */
  next(): number {
    let mixed = (this.state = (this.state + 0x6d2b79f5) | 0)
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** A whole number from 0 to `count` − 1. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count)
  }

  /** A number from 0 up to, but not including, 1. */
  fraction(): number {
    return ((this.next() >>> 5) * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53
  }

  /** Whether something happens that has this probability. */
  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32
  }
}

/** A seed for the run with this number, so that neighbouring numbers give unrelated runs. */
export function seedOf(seed: number, run: number): number {
  return new Random(seed ^ Math.imul(run, 0x9e3779b1)).next()
}

/** Any whole number is a seed. @throws RangeError for anything else. */
export function checkSeed(seed: number, where: string): number {
  if (Number.isSafeInteger(seed)) return (seed ^ Math.trunc(seed / 2 ** 32)) >>> 0
  throw misuse(new RangeError(`${where}: { seed } must be a whole number, got ${show(seed)}`))
}
