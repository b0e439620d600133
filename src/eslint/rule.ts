import type { Node } from './syntax.js'

/** A variable as ESLint knows it. */
export interface Variable {
  /** Where it is defined; nowhere if it is a global one. */
  readonly defs: readonly { readonly type: string; readonly node: Node; readonly parent?: Node | null | undefined }[]
}

/** A scope as ESLint knows it. */
export interface Scope {
  readonly set: ReadonlyMap<string, Variable>
  readonly upper: Scope | null
}

/** An edit of the text. */
export interface Fix {
  readonly range: readonly [number, number]
  readonly text: string
}

/** Makes edits. */
export interface Fixer {
  insertTextBefore(node: Node, text: string): Fix
  insertTextAfter(node: Node, text: string): Fix
  insertTextAfterRange(range: readonly [number, number], text: string): Fix
  removeRange(range: readonly [number, number]): Fix
}

/** An edit that a person may choose. */
export interface Suggestion {
  readonly messageId: string
  readonly data?: Readonly<Record<string, string>>
  fix(fixer: Fixer): Fix | readonly Fix[]
}

/** The context that ESLint gives a rule; as much of it as ours use. */
export interface RuleContext {
  /** Where the file lies. */
  readonly filename: string
  /** How it was parsed. */
  readonly languageOptions: { readonly parser?: unknown }
  /** The file. */
  readonly sourceCode: {
    readonly ast: Node
    readonly parserServices: object
    getScope(node: Node): Scope
    getText(node: Node): string
  }
  /** Reports a mistake. */
  report(mistake: {
    readonly node: Node
    readonly messageId: string
    readonly data?: Readonly<Record<string, string>>
    readonly suggest?: readonly Suggestion[]
  }): void
}

/** A rule of ESLint. */
export interface Rule {
  /** The subject of the rule, and its messages. */
  readonly meta: object
  /** Makes what visits the nodes of a file. */
  create(context: RuleContext): object
}

/** Describes a rule: what it wants, and its messages. */
export function describeRule(description: string, messages: Readonly<Record<string, string>>): object {
  return { type: 'problem', docs: { description }, schema: [], hasSuggestions: true, messages }
}
