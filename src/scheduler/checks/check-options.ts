import { badArgument } from './bad-argument.js'
import { misuse } from './errors.js'
import { diagnosis } from './diagnosis.js'

/** The names of the options that a call takes, and whether it hands others on. @internal */
export interface OptionNames {
  readonly own: readonly string[]
  /** Options of the platform that are handed on, if any are. */
  readonly platform?: readonly string[]
  /** Whether no others than these are handed on. */
  readonly isStrict?: boolean
}

/**
 * Checks that every option is one that the call takes. Where options are handed on to the platform, only near misses of
 * the library's own are errors, and never a name of the platform's.
 *
 * What is `undefined`, what is inherited, and the properties of an instance of a class are not looked at: an object of a
 * program's own may have more to it than options.
 *
 * @param owner what is made by the call, if it makes one: a subclass of the program's may hand on options of its own.
 * @throws TypeError for one that is not, and for what is no object.
 * @internal
 */
export function checkOptions(options: object, names: OptionNames, owner?: object): void {
  if (typeof options !== 'object' || options === null)
    throw badArgument(diagnosis.publicCall() || 'options', 'options', options)
  const { own } = names
  for (const name in options) if (!own.includes(name)) checkUnknown(options, name, names, owner)
}

function checkUnknown(
  options: object,
  name: string,
  { own, platform, isStrict = platform === undefined }: OptionNames,
  owner: object | undefined,
): void {
  if (!isPlainObject(options) || !Object.hasOwn(options, name)) return
  if ((options as Record<string, unknown>)[name] === undefined || platform?.includes(name)) return
  const call = diagnosis.publicCall()
  const near = diagnosis.nearest(name, own)
  const isHandedOn = !isStrict || (owner !== undefined && isMadeBySubclass(call, owner))
  if (isHandedOn && near === undefined) return
  throw misuse(
    new TypeError(`${call || 'options'}: there is no option \`${name}\`${diagnosis.describeOptions(own, near)}`),
    'GVENT_UNKNOWN_OPTION',
  )
}

/** Whether `value` is an object as a program writes it down, of this realm or another: all that it has is its own. @internal */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

// `new Pool` was called, and what it makes is a `MyPool`.
function isMadeBySubclass(call: string, { constructor }: object): boolean {
  return call.startsWith('new ') && call !== `new ${constructor.name}`
}
