/** Turns values into places on a picture. */
export interface Scale {
  readonly start: number
  /** Round values along it. */
  readonly ticks: readonly number[]
  at(value: number): number
}

/** A scale from `start` to `end` that holds the values: from zero on, or from power to power of ten. */
export function scaleOf(
  values: readonly { readonly median: number; readonly min: number; readonly max: number }[],
  start: number,
  end: number,
  logarithmic: boolean,
): Scale {
  const greatest = Math.max(...values.map(({ max }) => max))
  if (!logarithmic) return { start, ticks: [0], at: (value) => start + (value / greatest) * (end - start) }
  const low = Math.floor(Math.log10(Math.min(...values.map(({ min }) => Math.max(min, 1e-3)))) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(Math.log10(greatest) - 1e-9))
  return {
    start,
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
    at: (value) => start + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (end - start),
  }
}
