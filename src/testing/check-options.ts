import { checkOptions, type OptionNames } from '../scheduler/checks/check-options.js'
import { checkDuration } from '../scheduler/checks/check-duration.js'
import { badArgument } from '../scheduler/checks/bad-argument.js'
import { misuse } from '../scheduler/checks/errors.js'
import { show } from '../scheduler/checks/show.js'
import type { NetworkOptions } from './network/network-options.js'
import type { SimulationOptions } from './options.js'

/** Options of all simulations. */
export const simulationOptionNames: OptionNames = {
  own: [
    ...[
      'seed',
      'strategy',
      'check',
      'slowness',
      'autojump',
      'cancel',
      'globals',
      'awaits',
      'network',
      'maxSteps',
      'patience',
    ],
  ],
}
const networkOptionNames: OptionNames = {
  own: ['latency', 'bandwidth', 'window', 'shortReads', 'resets', 'refusals', 'lookupFailures'],
}

/** @throws RangeError, TypeError for what makes no sense. */
export function checkSimulation(options: SimulationOptions, where: string, names: OptionNames): void {
  if (typeof options !== 'object' || options === null) {
    throw badArgument(where, 'options', options)
  }
  checkOptions(options, names)
  const { check, slowness, patience, maxSteps, autojump, cancel, globals, awaits, network } = options
  if (check !== undefined && typeof check !== 'function') {
    throw misuse(new TypeError(`${where}: { check } must be a function, got ${show(check)}`))
  }
  if (slowness !== undefined && !(Number.isSafeInteger(slowness) && slowness >= 0)) {
    throw misuse(new RangeError(`${where}: { slowness } must be a whole number from 0, got ${show(slowness)}`))
  }
  if (patience !== undefined) checkDuration(patience, `${where}: { patience }`)
  checkPositive(maxSteps, `${where}: { maxSteps }`)
  checkFlags({ autojump, cancel, globals }, (name) => `${where}: { ${name} }`)
  if (awaits !== undefined && awaits !== 'free' && awaits !== 'native') {
    throw misuse(new TypeError(`${where}: { awaits } must be 'free' or 'native', got ${show(awaits)}`))
  }
  if (network !== undefined && network !== false) checkNetwork(network, where)
}

function checkNetwork(network: NetworkOptions, where: string): void {
  if (typeof network !== 'object' || (network as unknown) === null) {
    throw misuse(
      new TypeError(`${where}: { network } must be options, or false for the real one; got ${show(network)}`),
    )
  }
  checkOptions(network, networkOptionNames)
  const name = (option: string): string => `${where}: { network: { ${option} } }`
  const { latency, bandwidth, window, shortReads, resets, refusals, lookupFailures } = network
  if (latency !== undefined && !isLatency(latency)) {
    const shown = Array.isArray(latency) ? `[${latency.map(show).join(', ')}]` : show(latency)
    throw misuse(new RangeError(`${name('latency')} must be [least, most] in milliseconds, got ${shown}`))
  }
  for (const [option, bytes] of Object.entries({ bandwidth, window })) {
    if (bytes === undefined || (typeof bytes === 'number' && bytes > 0)) continue
    throw misuse(new RangeError(`${name(option)} must be a number of bytes above 0, got ${show(bytes)}`))
  }
  checkFlags({ shortReads, resets, refusals, lookupFailures }, name)
}

function isLatency(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [least, most] = value as unknown[]
  return typeof least === 'number' && typeof most === 'number' && least >= 0 && least <= most && most < Infinity
}

function checkFlags(flags: Record<string, unknown>, name: (flag: string) => string): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined || typeof value === 'boolean') continue
    throw misuse(new TypeError(`${name(flag)} must be true or false, got ${show(value)}`))
  }
}

/** @throws TypeError unless it is a list of labels. */
export function checkMarks(marks: unknown, where: string): void {
  if (marks === undefined) return
  const isList = typeof marks === 'object' && marks !== null && Symbol.iterator in marks
  if (!isList) throw misuse(new TypeError(`${where} must be a list of labels, got ${show(marks)}`))
  for (const label of marks as Iterable<unknown>) {
    if (typeof label === 'string') continue
    throw misuse(new TypeError(`${where} must be a list of labels, got ${show(label)} in it`))
  }
}

/** @throws RangeError when it is no whole number from 1. */
export function checkPositive(number: number | undefined, where: string): void {
  if (number === undefined || (Number.isInteger(number) && number > 0)) return
  throw misuse(new RangeError(`${where} must be a whole number from 1, got ${show(number)}`))
}

/** @throws TypeError unless it is a function. */
export function checkFunction(fn: unknown, where: string): asserts fn is () => unknown {
  if (typeof fn === 'function') return
  throw badArgument(where, 'a function', fn, `write ${where}(function* () { … })`)
}
