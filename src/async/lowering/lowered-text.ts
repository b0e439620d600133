import { Edits } from './edits.js'
import { unusedPrefix } from './names.js'
import { linesOf } from './syntax.js'

/** The way to the functions that lowered code calls: an `import` of a module, or an expression. */
export type RuntimeAccess = { readonly import: string } | { readonly expression: string }

/** Marks a text that is lowered already. @internal */
export const MARK = '/* lowered by gvent */ '

/** The text of a program that is being lowered: its edits, and the names that they add. @internal */
export class LoweredText {
  readonly edits: Edits
  /** The beginning of all names that are added; a name by itself, too. */
  readonly prefix: string
  /** The functions of the runtime that are called, with their names here. */
  private readonly used = new Map<string, string>()
  /** The variables for computed keys. */
  private readonly variables: string[] = []
  private count = 0

  constructor(readonly source: string) {
    this.edits = new Edits(source)
    this.prefix = unusedPrefix(source)
  }

  /** Tells whether any function was lowered. */
  get isChanged(): boolean {
    return this.used.size > 0
  }

  /** The line that comes first: how it gets what it calls. */
  header(access: RuntimeAccess): string {
    const variables = this.variables.length === 0 ? '' : `let ${this.variables.join(', ')}; `
    const names = (separator: string): string =>
      Array.from(this.used, ([name, alias]) => `${name}${separator}${alias}`).join(', ')
    return 'import' in access
      ? `${MARK}import { ${names(' as ')} } from ${JSON.stringify(access.import)}; ${variables}`
      : `${MARK}const { ${names(': ')} } = ${access.expression}; ${variables}`
  }

  /** The name here of a function of the runtime. */
  runtime(name: string): string {
    let alias = this.used.get(name)
    if (alias === undefined) this.used.set(name, (alias = `${this.prefix}_${name}`))
    return alias
  }

  /** A name that is nowhere else. */
  fresh(name: string = ''): string {
    return `${name}${this.prefix}${++this.count}`
  }

  /** Puts a text in the place of another, with the ends of line that this one had. */
  keepLines(start: number, end: number, text: string): void {
    this.edits.replace(start, end, text + linesOf(this.source.slice(start, end)))
  }

  /** A variable of the whole program. */
  variable(): string {
    const variable = this.fresh()
    this.variables.push(variable)
    return variable
  }
}
