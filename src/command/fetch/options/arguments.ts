import { parseArgs } from 'node:util'
import { optionRows } from './table.js'
import { UsageError } from '../../usage-error.js'

/** The arguments of the command line, by the names of options. */
export class GivenArguments {
  readonly positionals: readonly string[]
  private readonly values = new Map<string, string[]>()

  /** @throws UsageError for an unknown option, or a value too few or too many. */
  constructor(args: readonly string[]) {
    const options = Object.fromEntries(
      optionRows.flatMap(({ name, short, alias, value }) => {
        const type = value === undefined ? ('boolean' as const) : ('string' as const)
        const entry = [name, short === undefined ? { type } : { type, short }] as const
        return alias === undefined ? [entry] : [entry, [alias, { type }] as const]
      }),
    )
    const { tokens, positionals } = parseArgs({
      args: joinValues(args),
      options,
      allowPositionals: true,
      strict: false,
      tokens: true,
    })
    this.positionals = positionals
    // The messages of strict mode speak to the programmer, so it is off and the checks are here.
    for (const token of tokens) if (token.kind === 'option') this.add(token.name, token.rawName, token.value)
  }

  has(name: string): boolean {
    return this.values.has(name)
  }

  /** The last value of an option. */
  get(name: string): string | undefined {
    return this.values.get(name)?.at(-1)
  }

  all(name: string): readonly string[] {
    return this.values.get(name) ?? []
  }

  private add(name: string, written: string, value: string | undefined): void {
    const row = optionRows.find((each) => each.name === name || each.alias === name)
    if (row === undefined) throw unknown(name, written)
    if (row.value === undefined && value !== undefined) {
      throw new UsageError(`${written} takes no value, got ${JSON.stringify(value)}: write just ${written}`)
    }
    if (
      row.value !== undefined &&
      row.optional === undefined &&
      (value === undefined || (value === '' && name !== 'proxy' && name !== 'noproxy'))
    ) {
      throw new UsageError(`${written} needs a value: ${written} ${row.example!}`)
    }
    this.values.set(row.name, [...(this.values.get(row.name) ?? []), value ?? ''])
  }
}

/** Lets a value that begins with a dash be one, as in `-o -`: `parseArgs` takes it for an option or an argument. */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = []
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!
    if (argument === '--') return [...joined, ...args.slice(index)]
    const row = optionRows.find(
      ({ name, short, alias, value }) =>
        value !== undefined && [`--${name}`, `-${short}`, `--${alias}`].includes(argument),
    )
    const next = args[index + 1]
    if (row?.optional?.test(next ?? '') === false) joined.push(`--${row.name}=`)
    else if (row !== undefined && next !== undefined && isValue(next)) {
      joined.push(`--${row.name}=${next}`)
      index++
    } else joined.push(argument)
  }
  return joined
}

/** Whether what follows an option is its value: anything but another option. */
function isValue(text: string): boolean {
  if (!text.startsWith('-') || text === '-') return true
  return !/^--?[a-z]/i.test(text)
}

function unknown(name: string, written: string): UsageError {
  const names = optionRows.flatMap((row) => (row.alias === undefined ? [row.name] : [row.name, row.alias]))
  const meant = written.startsWith('--')
    ? names.map((each) => [distance(each, name), each] as const).sort(([one], [other]) => one - other)[0]!
    : undefined
  const hint = meant === undefined || meant[0] > 2 ? '' : `; did you mean --${meant[1]}?`
  return new UsageError(`there is no option ${written}${hint}`)
}

/** How many letters have to be inserted, left out or changed to make one word of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let index = 0; index < one.length; index++) {
    const next = [index + 1]
    for (let column = 1; column <= other.length; column++) {
      const change = row[column - 1]! + (other[column - 1] === one[index] ? 0 : 1)
      next.push(Math.min(change, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[other.length]!
}
