import type { Options } from './options/options.js'
import { duration, size } from './report/units.js'

/** Describes the settings, with units: the first line on standard error. */
export function settingsLine(options: Options): string {
  const { concurrency, perHost, rate, ratePerHost, timeout, connectTimeout, idleTimeout, maxSize, retries, seed } =
    options
  const words = [`${concurrency} at once`]
  if (perHost !== Infinity) words.push(`${perHost} per host`)
  if (rate !== Infinity) words.push(`${rate}/s`)
  if (ratePerHost !== Infinity) words.push(`${ratePerHost}/s per host`)
  words.push(`timeout ${timeText(timeout)} (connect ${timeText(connectTimeout)}, idle ${timeText(idleTimeout)})`)
  if (maxSize !== Infinity) words.push(`max-size ${size(maxSize)}`)
  words.push(`retries ${retries}`)
  if (seed !== undefined) words.push(`simulated, seed ${seed}`)
  return `gvent fetch: ${words.join(', ')}`
}

function timeText(milliseconds: number): string {
  if (milliseconds === Infinity) return 'none'
  if (milliseconds < 1000) return `${milliseconds} ms`
  return milliseconds % 1000 === 0 && milliseconds < 60_000 ? `${milliseconds / 1000} s` : duration(milliseconds)
}
