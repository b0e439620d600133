import { Edits } from './edits.js'
import { asAccess, asKey, inferredName, keyName, unusedPrefix } from './names.js'
import { isName, needsOf, type Needs } from './needs.js'
import { sourceMap, type Origin, type SourceMap } from './source-map.js'
import {
  behind,
  childrenOf,
  isArrow,
  isFunction,
  linesOf,
  skipTrivia,
  statementsOf,
  type SyntaxNode,
} from './syntax.js'

/** How lowered code gets what it calls: by an `import` of a module, or by an expression that gives it. */
export type RuntimeAccess = { readonly import: string } | { readonly expression: string }

/** Tells one state of the pass from another: what it made of a program may be kept as long as this is the same. */
export const PASS_VERSION = 4

const MARK = '/* lowered by gvent */ '

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

/** The place of a node. */
interface Place {
  /** The form that an `await` takes here. */
  readonly form: 'native' | 'function' | 'generator'
  /** The names in the place of what the lowered arrows around it take from the function around them. */
  readonly captured: Captured | undefined
  readonly hasArguments: boolean
  readonly isStrict: boolean
  /** The statements among which it is. */
  readonly block: Block
}

interface Captured {
  readonly arguments: string
  readonly newTarget: string
  readonly super: string
}

/** A list of statements, and what is done before the first of them: its function declarations become async ones. */
interface Block {
  readonly statements: readonly SyntaxNode[]
  /** Whether it stands in another one, of the same function. */
  readonly isInner: boolean
  readonly variables: string[]
  readonly functions: string[]
  readonly generators: string[]
}

class Lowering {
  private readonly edits: Edits
  private readonly prefix: string
  /** The functions of the runtime that are called, with their names here. */
  private readonly used = new Map<string, string>()
  /** The variables for computed keys. */
  private readonly variables: string[] = []
  private readonly methodsOf = new Map<SyntaxNode, string[]>()
  private count = 0
  /** Where the statement begins that is an expression. */
  private statementStart = -1

  constructor(
    private readonly source: string,
    private readonly program: SyntaxNode,
    private readonly access: RuntimeAccess,
  ) {
    this.edits = new Edits(source)
    this.prefix = unusedPrefix(source)
  }

  lower(origins?: Origin[]): string {
    const first = firstOf(statementsOf(this.program))
    if (first === undefined) return this.source
    this.edits.before(first.start, () => this.header())
    const isModule = this.program.sourceType === 'module'
    const place = { form: 'native', captured: undefined, hasArguments: !isModule, isStrict: isModule } as const
    this.visitBlock(this.program, place, false)
    return this.used.size === 0 ? this.source : this.edits.text(0, this.source.length, origins)
  }

  private header(): string {
    const { access } = this
    const variables = this.variables.length === 0 ? '' : `let ${this.variables.join(', ')}; `
    const names = (separator: string): string =>
      Array.from(this.used, ([name, alias]) => `${name}${separator}${alias}`).join(', ')
    return 'import' in access
      ? `${MARK}import { ${names(' as ')} } from ${JSON.stringify(access.import)}; ${variables}`
      : `${MARK}const { ${names(': ')} } = ${access.expression}; ${variables}`
  }

  /** The name here of a function of the runtime. */
  private runtime(name: string): string {
    let alias = this.used.get(name)
    if (alias === undefined) this.used.set(name, (alias = `${this.prefix}_${name}`))
    return alias
  }

  private fresh(name: string = ''): string {
    return `${name}${this.prefix}${++this.count}`
  }

  private keepLines(start: number, end: number, text: string): void {
    this.edits.replace(start, end, text + linesOf(this.source.slice(start, end)))
  }

  private visitChildren(node: SyntaxNode, place: Place): void {
    for (const child of childrenOf(node)) this.visit(child, node, place)
  }

  private visitBlock(node: SyntaxNode, place: Omit<Place, 'block'>, isInner: boolean): void {
    const block: Block = { statements: statementsOf(node), isInner, variables: [], functions: [], generators: [] }
    const first = firstOf(block.statements)
    if (first !== undefined) this.edits.before(first.start, () => this.prologue(block))
    this.visitChildren(node, { ...place, isStrict: place.isStrict || isStrict(block.statements), block })
  }

  private prologue({ variables, functions, generators }: Block): string {
    let text = variables.length === 0 ? '' : `let ${variables.join(', ')}; `
    if (functions.length > 0) text += `${this.runtime('declareFunctions')}(${functions.join(', ')}); `
    if (generators.length > 0) text += `${this.runtime('declareGeneratorFunctions')}(${generators.join(', ')}); `
    return text
  }

  private visit(node: SyntaxNode, parent: SyntaxNode, place: Place): void {
    switch (node.type) {
      case 'BlockStatement':
        this.visitBlock(node, place, !isFunction(parent))
        return
      case 'StaticBlock':
        this.visitBlock(node, { form: 'native', captured: undefined, hasArguments: false, isStrict: true }, false)
        return
      case 'ClassBody':
        this.visitClassBody(node, { ...place, isStrict: true })
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
        this.edits.before(behind(this.source, node.start + 5, '*'), ` ${this.runtime('delegate')}(`)
        this.visitChildren(node, place)
        this.edits.after(node.end, ')')
        return
      case 'ReturnStatement':
        if (place.form !== 'generator' || !node.argument) break
        this.visitReturn(node, place)
        return
      case 'LabeledStatement':
      case 'ForOfStatement':
        if (this.visitLoop(node, place)) return
        break
      case 'Identifier':
        this.visitIdentifier(node, parent, place)
        return
      case 'MetaProperty':
        if (place.captured !== undefined && node.meta?.name === 'new')
          this.keepLines(node.start, node.end, place.captured.newTarget)
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
          this.visitFunction(node, parent, place)
          return
        }
    }
    this.visitChildren(node, place)
  }

  private visitAwait(node: SyntaxNode, parent: SyntaxNode, place: Place): void {
    const { start, end } = node
    // What begins with a parenthesis goes on with the statement before, if that has no semicolon.
    const isStatement = parent.type === 'ExpressionStatement'
    const open = isStatement ? '' : start === this.statementStart ? '0, (' : '('
    const afterKeyword = start + 'await'.length
    const breaksLine = linesOf(this.source.slice(afterKeyword, skipTrivia(this.source, afterKeyword))) !== ''
    let call = breaksLine ? '(' : ''
    if (place.form === 'generator') call = `${this.runtime('mark')}(`
    this.edits.replace(start, afterKeyword, `${open}yield ${call}`)
    this.visitChildren(node, place)
    this.edits.after(end, (call === '' ? '' : ')') + (isStatement ? '' : ')'))
  }

  // What an async generator returns is awaited where it returns it.
  private visitReturn(node: SyntaxNode, place: Place): void {
    const at = node.start + 'return'.length
    const end = this.source[node.end - 1] === ';' ? node.end - 1 : node.end
    this.edits.before(at, ` ${this.runtime('awaited')}(yield ${this.runtime('mark')}(`)
    this.visitChildren(node, place)
    this.edits.after(end, '))')
  }

  private visitIdentifier(node: SyntaxNode, parent: SyntaxNode, { captured }: Place): void {
    if (captured === undefined || node.name !== 'arguments' || isName(node, parent)) return
    const isShorthand = parent.type === 'Property' && parent.shorthand
    this.edits.replace(node.start, node.end, isShorthand ? `arguments: ${captured.arguments}` : captured.arguments)
  }

  private visitSuperMember(node: SyntaxNode, place: Place, captured: Captured): void {
    const property = node.property!
    if (!node.computed) {
      this.keepLines(node.start, node.end, `${captured.super}(${JSON.stringify(property.name)})`)
      return
    }
    const open = behind(this.source, node.object!.end, '[')
    this.keepLines(node.start, open, `${captured.super}(`)
    this.visit(property, node, place)
    this.edits.replace(node.end - 1, node.end, ')')
  }

  private visitSuperCall(node: SyntaxNode, place: Place, captured: Captured): void {
    this.visitSuperMember(node.callee!, place, captured)
    const open = behind(this.source, node.callee!.end, '(', '?.)')
    const isEmpty = node.arguments!.length === 0
    this.edits.replace(open - 1, open, `${node.optional ? '' : '.'}call(this${isEmpty ? '' : ', '}`)
    for (const argument of node.arguments!) this.visit(argument, node, place)
  }

  /** @returns whether it is a `for await`, maybe with labels, that is lowered. */
  private visitLoop(node: SyntaxNode, place: Place): boolean {
    let loop = node
    const labels: string[] = []
    while (loop.type === 'LabeledStatement') {
      labels.push(`${loop.label!.name!}: `)
      loop = loop.body as SyntaxNode
    }
    if (place.form === 'native' || loop.type !== 'ForOfStatement' || !loop.await) return false
    const { source, edits } = this
    const left = loop.left!
    const right = loop.right!
    const body = loop.body as SyntaxNode
    const name = this.fresh()
    const awaits = (value: string): string =>
      place.form === 'generator' ? `yield ${this.runtime('mark')}(${value})` : `yield ${value}`
    const head = behind(source, left.end, 'of', ')')
    const before = linesOf(source.slice(node.start, head))
    edits.replace(node.start, head, `{ const ${name} = new ${this.runtime('AsyncLoop')}(${before}`)
    this.visit(left, loop, place)
    this.visit(right, loop, place)
    const isDeclaration = left.type === 'VariableDeclaration'
    edits.before(body.start, () => {
      const target = edits.text(left.start, left.end).replace(/\/\/.*|\n|\r|\u2028|\u2029/g, ' ')
      const binding = isDeclaration ? `${target} = ${name}.value; ` : `(${target} = ${name}.value); `
      return `; try { ${labels.join('')}for (; ${name}.took(${awaits(`${name}.next()`)});) { ${binding}`
    })
    this.visit(body, loop, place)
    edits.after(
      loop.end,
      ` } } catch (${this.prefix}) { ${name}.fail(${this.prefix}) } finally { try { ` +
        `if (${name}.closes()) ${name}.closed(${awaits(`${name}.closing`)}) } finally { ${name}.end() } } }`,
    )
    return true
  }

  private visitClassBody(node: SyntaxNode, place: Place): void {
    const methods: string[] = []
    this.methodsOf.set(node, methods)
    this.edits.before(node.start + 1, () => (methods.length === 0 ? '' : ` static { ${methods.join('; ')} }`))
    const members = statementsOf(node)
    for (const member of members) {
      if (member.type !== 'MethodDefinition') {
        this.visit(member, node, place)
        continue
      }
      this.visit(member.key!, member, place)
      for (const decorator of member.decorators ?? []) this.visit(decorator, member, place)
      const fn = member.value as SyntaxNode
      const isLowered =
        fn.async && !(member.decorators?.length ?? 0) && !isShadowed(member, members) && !needsOf(fn).native
      if (isLowered) this.lowerMethod(member, fn, methods)
      this.visitInside(fn, place, isLowered ? formOf(fn) : 'native')
    }
  }

  private lowerMethod(member: SyntaxNode, fn: SyntaxNode, methods: string[]): void {
    const { source, edits } = this
    const key = member.key!
    // An asterisk would go on with the field before, if that has no semicolon.
    const modifier = member.static ? 'static ' : ';'
    const open = this.openOf(fn, member)
    if (key.type === 'PrivateIdentifier') {
      const name = keyName(key)
      const code = this.fresh(name)
      this.keepLines(
        member.start,
        open,
        `${modifier}${name}${this.wrapper(fn, needsOf(fn), `this.${code}`)} ${modifier}*${code}`,
      )
      return
    }
    const target = member.static ? 'this' : 'this.prototype'
    const generator = fn.generator ? ', true' : ''
    let method: string
    let keyText: string
    if (member.computed) {
      const variable = this.variable()
      const bracket = behind(source, member.start, '[', 'staticayn*')
      this.keepLines(member.start, bracket, `${modifier}*[${variable} = ${this.runtime('propertyKey')}(`)
      edits.replace(behind(source, key.end, ']', ')') - 1, open, ')]')
      method = `[${variable}]`
      keyText = variable
    } else {
      this.keepLines(member.start, key.start, `${modifier}*`)
      method = asKey(keyName(key))
      keyText = JSON.stringify(keyName(key))
    }
    const access = member.computed ? method : asAccess(keyName(key))
    const code = this.fresh()
    methods.push(
      `${this.runtime('asyncMethod')}(${target}, ${keyText}, ${code} => ({ ${method}${this.wrapper(fn, needsOf(fn), code)} }${access})${generator})`,
    )
  }

  private variable(): string {
    const variable = this.fresh()
    this.variables.push(variable)
    return variable
  }

  private visitFunction(fn: SyntaxNode, parent: SyntaxNode, place: Place): void {
    const needs = fn.async ? needsOf(fn) : undefined
    if (needs === undefined || needs.native || !this.canLower(fn, parent, place, needs)) {
      if (isArrow(fn)) {
        this.visitChildren(fn, { ...place, form: 'native' })
        return
      }
      this.visitInside(fn, place, 'native')
      return
    }
    if (isArrow(fn)) this.lowerArrow(fn, parent, place, needs)
    else if (fn.type === 'FunctionDeclaration') {
      this.lowerDeclaration(fn, parent, place, needs)
      this.visitInside(fn, place, formOf(fn))
    } else this.lowerExpression(fn, parent, place, needs)
  }

  private canLower(fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): boolean {
    if (isArrow(fn)) return !needs.place && !(needs.arguments && !place.hasArguments)
    if (fn.type === 'FunctionExpression' && fn.id && (needs.place || needs.assigned.has(fn.id.name!))) return false
    return !(parent.type === 'Property' && parent.method && needs.super)
  }

  private visitInside(fn: SyntaxNode, place: Place, form: Place['form']): void {
    for (const child of childrenOf(fn)) {
      if (child !== fn.id) this.visit(child, fn, { ...place, form, captured: undefined, hasArguments: true })
    }
  }

  private lowerDeclaration(fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): void {
    const open = this.openOf(fn, parent)
    const isDefault = fn.id === null || fn.id === undefined
    const name = isDefault ? this.fresh() : fn.id.name!
    const code = this.fresh(name)
    const { block } = place
    // A function that is not async is a variable of the function around it, too, where the code is not strict.
    const isLocal = !place.isStrict && block.isInner && parent.type !== 'SwitchCase'
    const declared = isLocal ? this.fresh(name) : name
    if (isLocal) block.variables.push(`${name} = ${declared}`)
    const strict = place.isStrict || RESERVED.test(declared) ? '' : USE_STRICT
    const declare = this.runtime(fn.generator ? 'declareGeneratorFunctions' : 'declareFunctions')
    let text = `function ${declared}${this.wrapper(fn, needs, code, strict)} function* ${code}`
    const shown = isDefault ? ', "default"' : isLocal ? `, ${JSON.stringify(name)}` : ''
    const entry = `[${declared}, ${code}${shown}]`
    if (parent.type === 'SwitchCase') {
      text = `${declare}(${entry}); ${text}`
    } else if (isLastOfItsName(fn, block.statements)) (fn.generator ? block.generators : block.functions).push(entry)
    if (isDefault) this.keepLines(parent.start, open, `export { ${name} as default }; ${text}`)
    else this.keepLines(fn.start, open, text)
  }

  private lowerExpression(fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): void {
    const { source, edits } = this
    const make = this.runtime(fn.generator ? 'asyncGeneratorFunction' : 'asyncFunction')
    const isMethod = parent.type === 'Property' && parent.method
    const open = this.openOf(fn, parent)
    let key: string
    let access: string
    let close = ''
    let isNamed = true
    if (isMethod && parent.computed) {
      const variable = this.variable()
      const bracket = behind(source, parent.start, '[', 'async*')
      this.keepLines(parent.start, bracket, `[${variable} = ${this.runtime('propertyKey')}(`)
      key = access = `[${variable}]`
      const bracketEnd = behind(source, parent.key!.end, ']', ')') - 1
      this.keepLines(bracketEnd, open, `)]: ${make}({ *${key}`)
    } else {
      const name = isMethod ? keyName(parent.key!) : (fn.id?.name ?? inferredName(fn, parent) ?? '')
      key = asKey(name)
      access = asAccess(name)
      isNamed = name !== ''
      let text = `${make}(${codeOpen(name)}`
      if (isMethod) text = `${name === '__proto__' ? '["__proto__"]' : key}: ${text}`
      else if (fn.id) {
        text = `(() => { const ${name} = ${text}`
        close = `; return ${name} })()`
      }
      this.keepLines(isMethod ? parent.start : fn.start, open, text)
    }
    this.visitInside(fn, place, formOf(fn))
    const code = this.fresh()
    edits.after(
      fn.end,
      `${isNamed ? ` }${access}` : ''}, ${code} => ({ ${key}${this.wrapper(fn, needs, code)} }${access}))${close}`,
    )
  }

  private lowerArrow(fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): void {
    const { source, edits } = this
    const params = fn.params ?? []
    const name = inferredName(fn, parent) ?? ''
    const captures = place.captured === undefined ? capturesOf(needs) : []
    const captured: Captured | undefined =
      captures.length === 0 ? place.captured : { arguments: this.fresh(), newTarget: this.fresh(), super: this.fresh() }
    const names = captures.map((each) => captured![each])
    const open = skipTrivia(source, fn.start + 'async'.length)
    const hasParentheses = source[open] === '('
    // As with an await: a parenthesis would go on with the statement before.
    const isStatement = fn.start === this.statementStart
    const prefix = captures.length === 0 ? '' : `${isStatement ? '0, ' : ''}((${names.join(', ')}) => `
    const arrowAt = behind(source, params.at(-1)?.end ?? (hasParentheses ? open + 1 : open), '=>', ',)') - '=>'.length
    const body = fn.body as SyntaxNode
    const isBlock = body.type === 'BlockStatement'
    this.keepLines(
      fn.start,
      open,
      `${prefix}${this.runtime('asyncFunction')}(${codeOpen(name)}${hasParentheses ? '' : '('}`,
    )
    for (const param of params) this.visit(param, fn, { ...place, form: 'native', captured })
    edits.replace(arrowAt, arrowAt + 2, `${hasParentheses ? '' : ')'}${isBlock ? '' : ' { return ('}`)
    this.visit(body, fn, { ...place, form: 'function', captured })
    const code = this.fresh()
    const values = captures.map((each) => CAPTURED[each]).join(', ')
    edits.after(
      fn.end,
      `${isBlock ? '' : ') }'}${codeClose(name)}, ${code} => ${named(name, this.arrowWrapper(params, needs, code))})` +
        (captures.length === 0 ? '' : `)(${values})`),
    )
  }

  /** The parameters and the body of the function in the place of the lowered one. */
  private wrapper(fn: SyntaxNode, needs: Needs, code: string, strict: string = ''): string {
    const params = fn.params ?? []
    const directive = isStrict(statementsOf(fn.body as SyntaxNode)) ? USE_STRICT : strict
    const isSimple = params.every(({ type }) => type === 'Identifier')
    const isDirect = isSimple && !needs.arguments && !fn.generator
    const names = params.slice(0, isDirect ? params.length : lengthOf(params)).map((_, index) => `_${index + 1}`)
    const list = names.join(', ')
    let call: string
    if (fn.generator) call = `${this.runtime('startGenerator')}(${code}, this, arguments)`
    else if (!isDirect) call = `${this.runtime('start')}(${code}, this, arguments)`
    else if (code.startsWith('this.') || !needs.this) call = `${this.runtime('begin')}(${code}(${list}))`
    else call = `${this.runtime('begin')}(${code}.call(${['this', ...names].join(', ')}))`
    return `(${list}) { ${directive}return ${call} }`
  }

  private arrowWrapper(params: readonly SyntaxNode[], needs: Needs, code: string): string {
    const self = needs.this ? 'this' : 'undefined'
    const names = params.map((_, index) => `_${index + 1}`)
    if (params.every(({ type }) => type === 'Identifier')) {
      const list = names.join(', ')
      const call = needs.this ? `${code}.call(${[self, ...names].join(', ')})` : `${code}(${list})`
      return `(${list}) => ${this.runtime('begin')}(${call})`
    }
    const spread = params.map(({ type }, index) => `${type === 'RestElement' ? '...' : ''}_${index + 1}`)
    const length = lengthOf(params)
    const list = spread.map((name, index) => (index < length || name.startsWith('.') ? name : `${name} = undefined`))
    return `(${list.join(', ')}) => ${this.runtime('start')}(${code}, ${self}, [${spread.join(', ')}])`
  }

  /** Where the parenthesis of the parameters is. */
  private openOf(fn: SyntaxNode, parent: SyntaxNode): number {
    const { source } = this
    const isMethod = parent.type === 'MethodDefinition' || (parent.type === 'Property' && parent.method)
    if (isMethod) {
      const { end } = parent.key!
      return behind(source, parent.computed ? behind(source, end, ']', ')') : end, '(') - 1
    }
    if (fn.id) return behind(source, fn.id.end, '(') - 1
    const at = behind(source, behind(source, fn.start, 'async'), 'function')
    return behind(source, at, '(', '*') - 1
  }
}

const CAPTURED: Captured = { arguments: 'arguments', newTarget: 'new.target', super: '(_1) => super[_1]' }

function capturesOf(needs: Needs): (keyof Captured)[] {
  return (['arguments', 'newTarget', 'super'] as const).filter((each) => needs[each])
}

// The code has the name of the function, which is bound in it to something else or to nothing: so it is a method.
function codeOpen(name: string): string {
  return name === '' ? 'function* ' : `{ *${asKey(name)}`
}

function codeClose(name: string): string {
  return name === '' ? '' : ` }${asAccess(name)}`
}

// An arrow takes its name from its place.
function named(name: string, arrow: string): string {
  if (name === '') return arrow
  return `({ ${name === '__proto__' ? '["__proto__"]' : asKey(name)}: ${arrow} })${asAccess(name)}`
}

const USE_STRICT = '"use strict"; '
/** The names that strict code cannot give a function. */
const RESERVED = /^(?:arguments|eval|implements|interface|let|package|private|protected|public|static|yield)$/

function isStrict(statements: readonly SyntaxNode[]): boolean {
  return statements.some(({ directive }) => directive === 'use strict')
}

function formOf(fn: SyntaxNode): 'function' | 'generator' {
  return fn.generator ? 'generator' : 'function'
}

function firstOf(statements: readonly SyntaxNode[]): SyntaxNode | undefined {
  return statements.find(({ directive }) => typeof directive !== 'string')
}

/** The `length` of a function. */
function lengthOf(params: readonly SyntaxNode[]): number {
  const index = params.findIndex(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
  return index === -1 ? params.length : index
}

// A method of which another of the same name takes the place stays as it is.
function isShadowed(member: SyntaxNode, members: readonly SyntaxNode[]): boolean {
  if (member.computed || member.key!.type === 'PrivateIdentifier') return false
  return members
    .slice(members.indexOf(member) + 1)
    .some(
      (other) =>
        other.type === 'MethodDefinition' &&
        !other.computed &&
        other.key!.type !== 'PrivateIdentifier' &&
        Boolean(other.static) === Boolean(member.static) &&
        keyName(other.key!) === keyName(member.key!),
    )
}

function isLastOfItsName(fn: SyntaxNode, statements: readonly SyntaxNode[]): boolean {
  const name = fn.id?.name
  if (name === undefined) return true
  const declared = statements
    .map((statement) => statement.declaration ?? statement)
    .filter((each) => each.type === 'FunctionDeclaration' && each.id?.name === name)
  return declared.at(-1) === fn
}
