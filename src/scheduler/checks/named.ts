import { badArgument } from './bad-argument.js'
import { checkOptions, type OptionNames } from './check-options.js'

/** Options of everything that can be given a name. */
export interface NamedOptions {
  /** For reports: what the program's author calls it. */
  name?: string | undefined
}

/** @internal */
export const nameOnly: OptionNames = { own: ['name'] }

/** Something with a name for reports, which shows how it stands when it is printed: `<Lock "accounts" free>`. */
export abstract class Named {
  /** For reports; empty when none was given. */
  readonly name: string

  /** @param options `name`: what reports call it. */
  constructor(options?: NamedOptions) {
    this.name = checkName(options, this, this.optionNames)
  }

  /** The options of its constructor. @internal */
  protected get optionNames(): OptionNames {
    return nameOnly
  }

  /** Its class and name: `Lock "accounts"`. */
  toString(): string {
    return title(this, this.name)
  }

  /** How it stands, in a few words. @internal */
  abstract summary(): string
}

/** The name of `owner` from its options. @throws TypeError when it is not a string. @internal */
export function checkName(options: NamedOptions | undefined, owner: object, names: OptionNames = nameOnly): string {
  if (options === undefined) return ''
  const { name } = owner.constructor
  if (typeof options !== 'object' || options === null) {
    throw badArgument(`new ${name}(…)`, 'options', options)
  }
  checkOptions(options, names, owner)
  if (options.name === undefined || typeof options.name === 'string') return options.name ?? ''
  throw badArgument(`new ${name}({ name })`, 'a string', options.name)
}

/** `Lock "accounts"`, or `Lock` when it has no name. @internal */
export function title(owner: object, name: string): string {
  return name === '' ? owner.constructor.name : `${owner.constructor.name} ${JSON.stringify(name)}`
}

/** `3 waiting`; `, 3 waiting` behind something else. @internal */
export function countWaiting(count: number, before = ''): string {
  return count === 0 ? before : `${before}${before === '' ? '' : ', '}${count} waiting`
}
