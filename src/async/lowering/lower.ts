import { lowerClassBody } from './class-bodies.js'
import { lowerForAwait } from './for-await.js'
import { lowerFunction } from './functions.js'
import { LoweredText, MARK, type RuntimeAccess } from './lowered-text.js'
import { isName } from './needs.js'
import { isStrict, type Block, type Captured, type Place, type Walk } from './place.js'
import { sourceMap, type Origin, type SourceMap } from './source-map.js'
import { behind, childrenOf, isFunction, linesOf, skipTrivia, statementsOf, type SyntaxNode } from './syntax.js'

export type { RuntimeAccess }

/** Tells one state of the pass from another: what it made of a program may be kept as long as this is the same. */
export const PASS_VERSION = 4

/** Whether a text can have anything to lower at all. */
export function mayBeAsync(source: string): boolean {
  return /\basync\b/.test(source) && !source.includes(MARK)
}

/**
 * Lowers the async functions of a program to generators that gvent runs: by changes of its text that add no line and
 * touch nothing else.
 *
 * @param source the program, JavaScript.
 * @param program its syntax tree, ESTree.
 * @param runtime how the result gets what it calls.
 * @returns the lowered program; the source itself where there is nothing to lower, or it is lowered already.
 */
export function lower(source: string, program: SyntaxNode, runtime: RuntimeAccess): string {
  return source.includes(MARK) ? source : new Lowering(source, program, runtime).lower()
}

/**
 * As {@link lower}, with a source map: lines are right without one, columns and the offsets of coverage with it.
 *
 * @param url what the map says where the source is.
 * @returns no map where nothing was lowered.
 */
export function lowerWithMap(
  source: string,
  program: SyntaxNode,
  runtime: RuntimeAccess,
  url: string,
): { code: string; map: SourceMap | undefined } {
  const origins: Origin[] = []
  const code = source.includes(MARK) ? source : new Lowering(source, program, runtime).lower(origins)
  return { code, map: code === source ? undefined : sourceMap(source, code, origins, url) }
}

class Lowering implements Walk {
  readonly text: LoweredText
  statementStart = -1

  constructor(
    private readonly source: string,
    private readonly program: SyntaxNode,
    private readonly access: RuntimeAccess,
  ) {
    this.text = new LoweredText(source)
  }

  lower(origins?: Origin[]): string {
    const first = firstOf(statementsOf(this.program))
    if (first === undefined) return this.source
    this.text.edits.before(first.start, () => this.text.header(this.access))
    const isModule = this.program.sourceType === 'module'
    const place = { form: 'native', captured: undefined, hasArguments: !isModule, isStrict: isModule } as const
    this.visitBlock(this.program, place, false)
    return !this.text.isChanged ? this.source : this.text.edits.text(0, this.source.length, origins)
  }

  private visitChildren(node: SyntaxNode, place: Place): void {
    for (const child of childrenOf(node)) this.visit(child, node, place)
  }

  private visitBlock(node: SyntaxNode, place: Omit<Place, 'block'>, isInner: boolean): void {
    const block: Block = { statements: statementsOf(node), isInner, variables: [], functions: [], generators: [] }
    const first = firstOf(block.statements)
    if (first !== undefined) this.text.edits.before(first.start, () => this.prologue(block))
    this.visitChildren(node, { ...place, isStrict: place.isStrict || isStrict(block.statements), block })
  }

  private prologue({ variables, functions, generators }: Block): string {
    let text = variables.length === 0 ? '' : `let ${variables.join(', ')}; `
    if (functions.length > 0) text += `${this.text.runtime('declareFunctions')}(${functions.join(', ')}); `
    if (generators.length > 0) text += `${this.text.runtime('declareGeneratorFunctions')}(${generators.join(', ')}); `
    return text
  }

  visit(node: SyntaxNode, parent: SyntaxNode, place: Place): void {
    switch (node.type) {
      case 'BlockStatement':
        this.visitBlock(node, place, !isFunction(parent))
        return
      case 'StaticBlock':
        this.visitBlock(node, { form: 'native', captured: undefined, hasArguments: false, isStrict: true }, false)
        return
      case 'ClassBody':
        lowerClassBody(this, node, { ...place, isStrict: true })
        return
      case 'PropertyDefinition':
      case 'AccessorProperty':
        this.visit(node.key!, node, place)
        for (const decorator of node.decorators ?? []) this.visit(decorator, node, place)
        if (node.value)
          this.visit(node.value as SyntaxNode, node, {
            ...place,
            form: 'native',
            captured: undefined,
            hasArguments: false,
          })
        return
      case 'Property':
        if (!node.shorthand) this.visit(node.key!, node, place)
        this.visit(node.value as SyntaxNode, node, place)
        return
      case 'ExpressionStatement':
        this.statementStart = node.start
        break
      case 'AwaitExpression':
        if (place.form === 'native') break
        this.visitAwait(node, parent, place)
        return
      case 'YieldExpression':
        if (place.form !== 'generator' || !node.delegate) break
        this.text.edits.before(behind(this.source, node.start + 5, '*'), ` ${this.text.runtime('delegate')}(`)
        this.visitChildren(node, place)
        this.text.edits.after(node.end, ')')
        return
      case 'ReturnStatement':
        if (place.form !== 'generator' || !node.argument) break
        this.visitReturn(node, place)
        return
      case 'LabeledStatement':
      case 'ForOfStatement':
        if (lowerForAwait(this, node, place)) return
        break
      case 'Identifier':
        this.visitIdentifier(node, parent, place)
        return
      case 'MetaProperty':
        if (place.captured !== undefined && node.meta?.name === 'new')
          this.text.keepLines(node.start, node.end, place.captured.newTarget)
        return
      case 'CallExpression':
        if (place.captured === undefined || node.callee?.object?.type !== 'Super') break
        this.visitSuperCall(node, place, place.captured)
        return
      case 'MemberExpression':
        if (place.captured === undefined || node.object?.type !== 'Super') break
        this.visitSuperMember(node, place, place.captured)
        return
      default:
        if (isFunction(node)) {
          lowerFunction(this, node, parent, place)
          return
        }
    }
    this.visitChildren(node, place)
  }

  visitInside(fn: SyntaxNode, place: Place, form: Place['form']): void {
    for (const child of childrenOf(fn)) {
      if (child !== fn.id) this.visit(child, fn, { ...place, form, captured: undefined, hasArguments: true })
    }
  }

  private visitAwait(node: SyntaxNode, parent: SyntaxNode, place: Place): void {
    const { start, end } = node
    // What begins with a parenthesis goes on with the statement before, if that has no semicolon.
    const isStatement = parent.type === 'ExpressionStatement'
    const open = isStatement ? '' : start === this.statementStart ? '0, (' : '('
    const afterKeyword = start + 'await'.length
    const breaksLine = linesOf(this.source.slice(afterKeyword, skipTrivia(this.source, afterKeyword))) !== ''
    let call = breaksLine ? '(' : ''
    if (place.form === 'generator') call = `${this.text.runtime('mark')}(`
    this.text.edits.replace(start, afterKeyword, `${open}yield ${call}`)
    this.visitChildren(node, place)
    this.text.edits.after(end, (call === '' ? '' : ')') + (isStatement ? '' : ')'))
  }

  // What an async generator returns is awaited where it returns it.
  private visitReturn(node: SyntaxNode, place: Place): void {
    const at = node.start + 'return'.length
    const end = this.source[node.end - 1] === ';' ? node.end - 1 : node.end
    this.text.edits.before(at, ` ${this.text.runtime('awaited')}(yield ${this.text.runtime('mark')}(`)
    this.visitChildren(node, place)
    this.text.edits.after(end, '))')
  }

  private visitIdentifier(node: SyntaxNode, parent: SyntaxNode, { captured }: Place): void {
    if (captured === undefined || node.name !== 'arguments' || isName(node, parent)) return
    const isShorthand = parent.type === 'Property' && parent.shorthand
    this.text.edits.replace(node.start, node.end, isShorthand ? `arguments: ${captured.arguments}` : captured.arguments)
  }

  private visitSuperMember(node: SyntaxNode, place: Place, captured: Captured): void {
    const property = node.property!
    if (!node.computed) {
      this.text.keepLines(node.start, node.end, `${captured.super}(${JSON.stringify(property.name)})`)
      return
    }
    const open = behind(this.source, node.object!.end, '[')
    this.text.keepLines(node.start, open, `${captured.super}(`)
    this.visit(property, node, place)
    this.text.edits.replace(node.end - 1, node.end, ')')
  }

  private visitSuperCall(node: SyntaxNode, place: Place, captured: Captured): void {
    this.visitSuperMember(node.callee!, place, captured)
    const open = behind(this.source, node.callee!.end, '(', '?.)')
    const isEmpty = node.arguments!.length === 0
    this.text.edits.replace(open - 1, open, `${node.optional ? '' : '.'}call(this${isEmpty ? '' : ', '}`)
    for (const argument of node.arguments!) this.visit(argument, node, place)
  }
}

function firstOf(statements: readonly SyntaxNode[]): SyntaxNode | undefined {
  return statements.find(({ directive }) => typeof directive !== 'string')
}
