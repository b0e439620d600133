import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { hideSecrets } from '../diagnostics/hide-secrets.js'

/** A program and its arguments in one list, `['git', 'status']`, as Python has it; or a program without arguments. */
export type Command = string | readonly string[]

/** The arguments of a call, taken apart. @internal */
export interface Invocation<O> {
  /** The program and its arguments. */
  readonly args: readonly string[]
  readonly options: O
}

/**
 * Takes the two forms of a call apart: `(['git', 'status'], options)` is Python's, `('git', ['status'], options)` Node's.
 * @internal
 */
export function readCommand<O extends object>(
  where: string,
  [command, second, third]: readonly unknown[],
  names: OptionNames,
): Invocation<O> {
  const isNodes = typeof command === 'string' && Array.isArray(second)
  const list: unknown[] = isNodes ? [command, ...(second as unknown[])] : Array.isArray(command) ? command : [command]
  const options = (isNodes ? third : second) ?? {}
  const wrong = list.findIndex((part) => typeof part !== 'string')
  if (wrong !== -1 || list.length === 0 || list[0] === '') throw notACommand(where, list, wrong)
  if (typeof options !== 'object')
    throw badArgument(
      `${where}(command, options)`,
      'options',
      options,
      `pass the program and its arguments in one list: ${where}(['git', 'status'])`,
    )
  checkOptions(options, names)
  return { args: list as string[], options: options as O }
}

/** Shows a command in a message: what has to be quoted in a shell is quoted, what may be secret is hidden. @internal */
export function showCommand(args: readonly string[]): string {
  const quoted = args.map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : JSON.stringify(part))).join(' ')
  const text = hideSecrets(quoted)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

function notACommand(where: string, list: unknown[], wrong: number): TypeError {
  const got = wrong === -1 ? 'nothing to run' : show(list[wrong])
  const advice = wrong > 0 ? `; arguments must be strings: write String(${got})` : ''
  return misuse(
    new TypeError(`${where}(command): expected a program and its arguments, ['git', 'status'], got ${got}${advice}`),
  )
}
