import type { LoweredText } from './lowered-text.js'
import type { SyntaxNode } from './syntax.js'

/** The place of a node. @internal */
export interface Place {
  /** The form that an `await` takes here. */
  readonly form: 'native' | 'function' | 'generator'
  /** The names in the place of what the lowered arrows around it take from the function around them. */
  readonly captured: Captured | undefined
  readonly hasArguments: boolean
  readonly isStrict: boolean
  /** The statements among which it is. */
  readonly block: Block
}

/** Names in the place of what an arrow takes from the function around it. @internal */
export interface Captured {
  readonly arguments: string
  readonly newTarget: string
  readonly super: string
}

/** A list of statements, and what is done before the first of them: its function declarations become async ones. @internal */
export interface Block {
  readonly statements: readonly SyntaxNode[]
  /** Whether it stands in another one, of the same function. */
  readonly isInner: boolean
  readonly variables: string[]
  readonly functions: string[]
  readonly generators: string[]
}

/** The walk over a program, as those see it who lower a part of it. @internal */
export interface Walk {
  readonly text: LoweredText
  /** The start of the expression statement that is being visited. */
  readonly statementStart: number
  visit(node: SyntaxNode, parent: SyntaxNode, place: Place): void
  /** Visits the inside of a function. */
  visitInside(fn: SyntaxNode, place: Place, form: Place['form']): void
}

/** Tells whether statements begin with `"use strict"`. @internal */
export function isStrict(statements: readonly SyntaxNode[]): boolean {
  return statements.some(({ directive }) => directive === 'use strict')
}

/** The form that an `await` takes in a lowered function. @internal */
export function formOf(fn: SyntaxNode): 'function' | 'generator' {
  return fn.generator ? 'generator' : 'function'
}
