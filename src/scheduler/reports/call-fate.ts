import type { ProgramText, Token } from './program-text.js'

/**
 * The use that a program makes of the value of a call: `dropped` for a call that is a statement by itself, `passed` for one that
 * its function returns, `kept` for one that is assigned, waited for or given to something else, `unknown` where the text
 * does not tell.
 */
export type Fate = 'dropped' | 'passed' | 'kept' | 'unknown'

/** Words before a value that is made use of. */
const USING = new Set(
  'yield await void typeof delete throw in instanceof case extends default of new as const let var'.split(' '),
)
/** Marks before a value that is made use of. */
const MAKING_USE = new Set(['=', '(', '[', ',', ':', '${', '...'])
/** A statement may begin after these. A bracket that closes is that of `if (…)`, or the end of the line before. */
const BEFORE_STATEMENT = new Set([';', '{', '}', ')', 'else', 'do'])
const AFTER_EXPRESSION = new Set([';', '}', ')', ',', ']', ':', 'as', 'satisfies'])
/** Operators that give the value of an operand. */
const BRANCHING = new Set(['?', '&&', '||', '??'])
/** A line that begins with one of these goes on with the expression of the line before. */
const GOES_ON = new Set('. ?. [ ( ` + - * / % & | ^ < > = ? && || ??'.split(' '))

/**
 * Says what a program does with the value of the call whose name stands at a place, both counted from 1. What the text
 * does not tell for certain counts as kept; `unknown` is that no call stands there, because the text is another one.
 */
export function fateOfCall(program: ProgramText, line: number, column: number): Fate {
  const name = program.indexAt(line, column)
  if (program.token(name)?.kind !== 'word') return 'unknown'
  // The engine asks for the next item at the variable of a loop.
  if (program.token(name + 1)?.text === 'of') return 'kept'
  const open = openingOfArguments(program, name)
  const close = open === -1 ? -1 : program.closing(open)
  if (close === -1) return 'unknown'
  return endsAt(program, close) ? fateByWhatPrecedes(program, startOfChain(program, name)) : 'kept'
}

// Between the name and the arguments there may be `?.` and the arguments of types.
function openingOfArguments(program: ProgramText, name: number): number {
  let at = name + 1
  if (program.token(at)?.text === '?.') at++
  if (program.token(at)?.text === '<') {
    while (!['(', ';', undefined].includes(program.token(at)?.text)) at++
  }
  return program.token(at)?.text === '(' ? at : -1
}

/** Whether the call is the end of its expression. */
function endsAt(program: ProgramText, close: number): boolean {
  const next = program.token(close + 1)
  if (next === undefined || AFTER_EXPRESSION.has(next.text)) return true
  return next.line > program.token(close)!.line && !GOES_ON.has(next.text)
}

// `this.queues[0]!.put` begins at `this`; `new Pool<Job>(2).spawn` at `new`.
function startOfChain(program: ProgramText, name: number): number {
  let start = name
  for (;;) {
    const before = program.token(start - 1)?.text
    if (before === '.' || before === '?.') start = startOfOperand(program, start - 2)
    else if (before === 'new') start--
    else return start
  }
}

function startOfOperand(program: ProgramText, end: number): number {
  let at = program.token(end)?.text === '!' ? end - 1 : end
  while (program.token(at)?.text === ')' || program.token(at)?.text === ']') {
    at = program.opening(at)
    if (program.token(at - 1)?.text === '>') at = startOfTypes(program, at - 1)
    const before = program.token(at - 1)
    if (before === undefined || !isOperandEnd(before)) break
    at--
  }
  return at
}

function startOfTypes(program: ProgramText, end: number): number {
  let at = end
  for (let depth = 0; at > 0; at--) {
    const { text } = program.token(at)!
    if (text === '>') depth++
    else if (text === '<' && --depth === 0) break
  }
  return at
}

function isOperandEnd({ kind, text }: Token): boolean {
  return text === ')' || text === ']' || (kind === 'word' && text !== 'return' && !USING.has(text))
}

function fateByWhatPrecedes(program: ProgramText, start: number): Fate {
  const before = program.token(start - 1)
  if (before === undefined) return 'dropped'
  const { kind, text } = before
  const isOnEarlierLine = before.line < program.token(start)!.line
  if (text === 'return' || text === '=>') return 'passed'
  if (BRANCHING.has(text)) return fateOfBranch(program, start - 1)
  if (text === ':') return fateByColon(program, start - 1)
  if (BEFORE_STATEMENT.has(text)) return 'dropped'
  return isOnEarlierLine && (kind === 'literal' || isOperandEnd(before)) ? 'dropped' : 'kept'
}

// That of `case 1:`; or one of an object or a condition. A label reads as the name of a property.
function fateByColon(program: ProgramText, colon: number): Fate {
  for (let at = colon - 1; ; at--) {
    const text = program.token(at)?.text
    if (text === 'case' || text === 'default') return 'dropped'
    if (text === '?') return fateOfBranch(program, at)
    if (text === undefined || [';', '{', '}', ',', '(', '['].includes(text)) return 'kept'
  }
}

// The value of `ready && call()` is dropped where the whole is a statement by itself.
function fateOfBranch(program: ProgramText, operator: number): Fate {
  for (let at = operator; ;) {
    const { text, line } = program.token(at)!
    const before = program.token(at - 1)
    if (text === 'return' || text === '=>') return 'passed'
    if (MAKING_USE.has(text) || USING.has(text)) return 'kept'
    if (before === undefined || [';', '{', '}'].includes(before.text)) return 'dropped'
    if (before.line < line && !GOES_ON.has(text) && isOperandEnd(before)) return 'dropped'
    const end = text === ')' || text === ']' ? program.opening(at) : at
    if (end < 1) return 'dropped'
    at = end - 1
  }
}
