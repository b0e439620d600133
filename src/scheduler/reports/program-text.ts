/** A word, a literal or a punctuation mark of a program. */
export interface Token {
  readonly kind: 'word' | 'literal' | 'mark'
  readonly text: string
  readonly start: number
  readonly line: number
}

const WORD = /[\w$#\u0080-\uffff]+/y
const MARK = /=>|\?\.(?!\d)|\.\.\.|&&|\|\||\?\?|\+\+|--|[^]/y
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/[\n])+\/\w*/y
/** After these words an expression begins, so that a slash begins a regular expression. */
const BEFORE_EXPRESSION = new Set(
  'return typeof case in of yield await void delete throw do else instanceof'.split(' '),
)
const OPENING = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
])

/** The text of a JavaScript or TypeScript program, cut into tokens: enough to see what stands around a call. */
export class ProgramText {
  private readonly tokens: Token[] = []
  private readonly lineStarts: number[] = [0]
  private at = 0
  // For each brace that is open, whether it is one of a template: `${`.
  private readonly braces: boolean[] = []

  constructor(private readonly source: string) {
    while (this.at < source.length) this.readOne()
  }

  /** The index of the token that stands at a place, both counted from 1; -1 when none does. */
  indexAt(line: number, column: number): number {
    const start = (this.lineStarts[line - 1] ?? NaN) + column - 1
    return this.tokens.findIndex((token) => token.start === start)
  }

  /** The token of that index, if there is one. */
  token(index: number): Token | undefined {
    return this.tokens[index]
  }

  /** The index of the bracket that closes the one at `index`. */
  closing(index: number): number {
    return this.partner(index, 1)
  }

  /** The index of the bracket that opens the one at `index`. */
  opening(index: number): number {
    return this.partner(index, -1)
  }

  private partner(index: number, step: 1 | -1): number {
    let depth = 0
    for (; index >= 0 && index < this.tokens.length; index += step) {
      const { kind, text } = this.tokens[index]!
      if (kind !== 'mark') continue
      if (text === '${' || '([{'.includes(text)) depth += step
      else if (OPENING.has(text)) depth -= step
      if (depth === 0) return index
    }
    return -1
  }

  private readOne(): void {
    const { source, at } = this
    const character = source[at]!
    if (character === '\n') this.lineStarts.push(at + 1)
    if (/\s/.test(character)) this.at++
    else if (source.startsWith('//', at)) this.at = endOr(source.indexOf('\n', at), source.length)
    else if (source.startsWith('/*', at)) this.skipTo(endOr(source.indexOf('*/', at + 2), source.length) + 2)
    else if (character === '"' || character === "'") this.readString(character)
    else if (character === '`') this.readTemplate(at + 1)
    else if (character === '/' && this.expressionBegins()) this.read(REGULAR_EXPRESSION, 'literal')
    else if (!this.read(WORD, /\d/.test(character) ? 'literal' : 'word')) this.readMark()
  }

  private readMark(): void {
    const { at } = this
    this.read(MARK, 'mark')
    if (this.source[at] === '{') this.braces.push(false)
    else if (this.source[at] === '}' && this.braces.pop() === true) this.readTemplate(this.at)
  }

  private read(pattern: RegExp, kind: Token['kind']): boolean {
    pattern.lastIndex = this.at
    const text = pattern.exec(this.source)?.[0]
    if (text === undefined) {
      if (kind === 'literal') this.at++
      return false
    }
    this.push(kind, text)
    this.at += text.length
    return true
  }

  private readString(quote: string): void {
    const start = this.at
    let end = start + 1
    // One that does not end in its line is none: text between tags of JSX, say.
    for (; end < this.source.length && this.source[end] !== quote && this.source[end] !== '\n'; end++) {
      if (this.source[end] === '\\') end++
    }
    this.push('literal', quote)
    this.skipTo(this.source[end] === quote ? end + 1 : end)
  }

  // From a backquote, or from the brace that ends an expression, to the next expression or the end.
  private readTemplate(end: number): void {
    this.push('literal', '`')
    for (; end < this.source.length; end++) {
      const character = this.source[end]
      if (character === '\\') end++
      else if (character === '`') {
        this.skipTo(end + 1)
        return
      } else if (character === '$' && this.source[end + 1] === '{') {
        this.skipTo(end)
        this.push('mark', '${')
        this.braces.push(true)
        this.at += 2
        return
      }
    }
    this.at = this.source.length
  }

  private skipTo(end: number): void {
    for (let next = this.source.indexOf('\n', this.at); next !== -1 && next < end;) {
      this.lineStarts.push(next + 1)
      next = this.source.indexOf('\n', next + 1)
    }
    this.at = end
  }

  private push(kind: Token['kind'], text: string): void {
    this.tokens.push({ kind, text, start: this.at, line: this.lineStarts.length })
  }

  private expressionBegins(): boolean {
    const before = this.tokens.at(-1)
    if (before === undefined) return true
    if (before.kind === 'word') return BEFORE_EXPRESSION.has(before.text)
    return before.kind === 'mark' && !OPENING.has(before.text)
  }
}

function endOr(index: number, otherwise: number): number {
  return index === -1 ? otherwise : index
}
