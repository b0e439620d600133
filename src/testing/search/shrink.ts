import type { RunChoices } from '../choices/strategy.js'

/** The choices of a run that matter. */
export type Chosen = Pick<RunChoices, 'values' | 'counts'>

/** So many runs are spent at most to make a failure simple. */
const MOST_ATTEMPTS = 2000

/** So many places in the queue are tried for one that was held back. */
const MOST_RELEASES = 4

/** Makes a run with these choices. Gives what it chose in fact, if it fails in the same way. */
export type Attempt = (choices: readonly number[]) => Promise<Chosen | undefined>

/**
 * Makes the choices of a failing run as few and as small as it can: as many as possible are production's in the end.
 *
 * It cuts off the end, makes single choices production's own, takes whole blocks out, makes choices smaller, and holds
 * a greenlet back once where it was passed over many times, as long as any of it helps. (The passes of property-based
 * testing's shrinkers: QuickCheck, Hypothesis; but for the last.)
 */
export async function shrink(failing: Chosen, attempt: Attempt): Promise<readonly number[]> {
  return new Shrinking(failing, attempt).run()
}

class Shrinking {
  private best: readonly number[]
  private counts: readonly number[]
  private attempts = 0

  constructor(
    { values, counts }: Chosen,
    private readonly attempt: Attempt,
  ) {
    this.best = trim(values)
    this.counts = counts
  }

  async run(): Promise<readonly number[]> {
    for (;;) {
      const before = this.best
      await this.cutOff()
      await this.resetBlocks()
      await this.holdBack()
      await this.deleteBlocks()
      await this.lower()
      if (this.best === before || this.attempts >= MOST_ATTEMPTS) return this.best
    }
  }

  /** Takes a simpler list in place of the best, if that fails too. */
  private async try(choices: readonly number[]): Promise<boolean> {
    const candidate = trim(choices)
    if (!isSimpler(candidate, this.best) || this.attempts >= MOST_ATTEMPTS) return false
    this.attempts++
    const actual = await this.attempt(candidate)
    if (actual === undefined) return false
    const trimmed = trim(actual.values)
    this.best = isSimpler(trimmed, candidate) ? trimmed : candidate
    this.counts = actual.counts
    return true
  }

  private async cutOff(): Promise<void> {
    for (let length = this.best.length >> 1; length > 0; length >>= 1) {
      while (this.best.length > length && (await this.try(this.best.slice(0, -length))));
    }
  }

  // Production's choice in place of those of a block; blocks get smaller.
  private async resetBlocks(): Promise<void> {
    for (let size = this.best.length >> 1 || 1; size > 0; size >>= 1) {
      for (let start = this.best.length - size; start > -size; start -= size) {
        const from = Math.max(start, 0)
        if (this.best.slice(from, from + size).every((choice) => choice === 0)) continue
        await this.try(this.best.map((choice, index) => (index >= from && index < from + size ? 0 : choice)))
      }
    }
  }

  // A candidate that an unusual choice passes over is held back there, the choices that follow are production's, and
  // where a row of unusual ones ends it goes on again.
  private async holdBack(): Promise<void> {
    for (let start = 0; start < this.best.length; start++) {
      const choice = this.best[start]!
      const count = this.counts[start]!
      if (choice === 0 || choice >= count) continue
      for (let end = this.best.length; end > start + 1; end--) {
        if (this.best[end - 1] !== 0 && (this.best[end] ?? 0) === 0 && (await this.tryHolding(start, end))) break
      }
    }
  }

  private async tryHolding(start: number, end: number): Promise<boolean> {
    const rest = this.best.map((each, index) => (index > start && index < end ? 0 : each))
    rest[start]! += this.counts[start]!
    for (let release = 0; release <= MOST_RELEASES; release++) {
      rest[end] = release
      if (await this.try(rest)) return true
    }
    return false
  }

  private async deleteBlocks(): Promise<void> {
    for (let size = this.best.length >> 1 || 1; size > 0; size >>= 1) {
      for (let start = this.best.length - size; start >= 0; start--) {
        await this.try([...this.best.slice(0, start), ...this.best.slice(start + size)])
      }
    }
  }

  private async lower(): Promise<void> {
    for (let index = this.best.length - 1; index >= 0; index--) {
      const choice = this.best[index] ?? 0
      for (let smaller = 1; smaller < choice; smaller++) {
        if (await this.try(this.best.map((each, position) => (position === index ? smaller : each)))) break
      }
    }
  }
}

/** Without the choices at the end that are production's anyway. */
function trim(choices: readonly number[]): readonly number[] {
  let { length } = choices
  while (length > 0 && choices[length - 1] === 0) length--
  return length === choices.length ? choices : choices.slice(0, length)
}

/** Fewer unusual choices, then a shorter list, then smaller choices. */
function isSimpler(a: readonly number[], b: readonly number[]): boolean {
  const unusual = countUnusual(a) - countUnusual(b)
  if (unusual !== 0) return unusual < 0
  if (a.length !== b.length) return a.length < b.length
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return a[index]! < b[index]!
  return false
}

/** How many choices differ from production's. */
export function countUnusual(choices: readonly number[]): number {
  return choices.reduce((count, choice) => count + (choice === 0 ? 0 : 1), 0)
}
