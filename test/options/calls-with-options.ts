import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../docs/pages.js'

/**
 * The public functions, constructors and methods that take options, by the list of the public surface: `sleep`, `new
 * Queue`, `Queue.get`. Methods that a class inherits are listed where they are declared.
 */
export async function callsWithOptions(): Promise<string[]> {
  const text = await readFile(join(root, 'docs', 'api.txt'), 'utf8')
  const calls = new Set<string>()
  let owner = ''
  // A signature may go over several lines, each further in than its first.
  for (const line of text.replace(/\{\n(?:\s+[\w?]+: .*\n)+\s+\}/g, '{}').split('\n')) {
    const declared = /^(?: {2})?export (?:abstract )?(?:class|interface|type|const|namespace) (\w+)/.exec(line)?.[1]
    if (declared !== undefined) owner = declared
    if (line.startsWith('declare module')) owner = '-'
    if (line.startsWith('//')) owner = ''
    const [, name, rest] =
      /^\s*(?:export )?(?:declare )?(?:function )?(?:async )?(\w+)(?:<.*?>)?\((.*)$/.exec(line) ?? []
    if (name === undefined || rest === undefined || !takesOptions(rest) || owner === '-') continue
    if (/^\s*(?:export )?function /.test(line)) calls.add(name)
    else calls.add(name === 'constructor' ? `new ${owner}` : `${owner}.${name}`)
  }
  return [...calls].sort()
}

/** The public functions and constructors that take an argument: `sleep`, `new Queue`. */
export async function callsWithArgument(): Promise<string[]> {
  const text = await readFile(join(root, 'docs', 'api.txt'), 'utf8')
  const calls = new Set<string>()
  let owner = ''
  for (const line of text.split('\n')) {
    owner =
      /^export class (\w+)/.exec(line)?.[1] ?? (/^export (?:abstract |interface|type|const)/.test(line) ? '' : owner)
    const name = /^export function (\w+)(?:<.*?>)?\(\w/.exec(line)?.[1]
    if (name !== undefined) calls.add(name)
    else if (owner !== '' && /^ {2}constructor\(\w/.test(line)) calls.add(`new ${owner}`)
  }
  return [...calls].sort()
}

function takesOptions(parameters: string): boolean {
  return /(?:options|init|settings)\??: (?:[^)]*Options|O\b)|\.\.\.kill: Kill/.test(parameters)
}
