/** A straight line through measurements, and how sure it is. */
export interface Trend {
  /** By how much the value grows in one unit of the abscissa. */
  readonly slope: number
  /** Half the width of the interval in which the slope lies with a probability of 95 %. */
  readonly uncertainty: number
}

/** The line by least squares. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Trend {
  const count = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const residuals = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, uncertainty: 2 * Math.sqrt(residuals / (count - 2) / spread) }
}
