import { UsageError } from '../../usage-error.js'

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  ki: 2 ** 10,
  kib: 2 ** 10,
  mi: 2 ** 20,
  mib: 2 ** 20,
  gi: 2 ** 30,
  gib: 2 ** 30,
}

const NUMBER_AND_UNIT = /^(\d+(?:\.\d+)?|\.\d+) ?([a-z]*)$/i

/** Reads a time as milliseconds: `500ms`, `30`, `30s`, `2m`, `1h`. `0` is no limit: `Infinity`. @throws UsageError. */
export function parseTime(option: string, text: string): number {
  const time = parse(text, MILLISECONDS)
  if (time !== undefined) return time === 0 ? Infinity : time
  throw new UsageError(`${option} must be a time such as 500ms, 30 (seconds) or 2m, got ${JSON.stringify(text)}`)
}

/** Reads a size as bytes: `500`, `20k`, `5MB`, `1GiB`. @throws UsageError. */
export function parseSize(option: string, text: string): number {
  const size = parse(text, BYTES)
  if (size !== undefined && size >= 1) return Math.floor(size)
  throw new UsageError(`${option} must be a size such as 500 (bytes), 20kB, 5MB or 1GiB, got ${JSON.stringify(text)}`)
}

/** Reads how many a second: `10`, `10/s`, `600/m`, `0.5`. @throws UsageError. */
export function parseRate(option: string, text: string): number {
  const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?|\.\d+)(?:\/(s|m|h))?$/.exec(text) ?? []
  const rate = Number(number) / (MILLISECONDS[unit]! / 1000)
  if (rate > 0 && rate !== Infinity) return rate
  throw new UsageError(`${option} must be a rate such as 10 (per second), 0.5 or 600/m, got ${JSON.stringify(text)}`)
}

/** Reads a whole number. @throws UsageError. */
export function parseCount(option: string, text: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && Number.isSafeInteger(number)) return number
  throw new UsageError(`${option} must be a whole number from ${least} on, got ${JSON.stringify(text)}`)
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit = ''] = NUMBER_AND_UNIT.exec(text) ?? []
  const factor = units[unit.toLowerCase()]
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}
