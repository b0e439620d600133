/** The middle of some numbers, and how far they spread. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function summarize(numbers: readonly number[]): Summary {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) }
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
