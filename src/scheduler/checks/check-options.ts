import { badArgument } from './bad-argument.js'
import { diagnosis, type OptionNames } from './diagnosis.js'

export type { OptionNames }

/**
 * Checks that options are an object and, while a program is being written and on Node, that every option is one that the
 * call takes (`stacks/advice/option-names.ts`).
 *
 * @param owner what is made by the call, if it makes one: a subclass of the program's may hand on options of its own.
 * @throws TypeError for one that is not, and for what is no object.
 * @internal
 */
export function checkOptions(options: object, names: OptionNames, owner?: object): void {
  if (typeof options !== 'object' || options === null)
    throw badArgument(diagnosis.publicCall() || 'options', 'options', options)
  diagnosis.checkNames(options, names, owner)
}
