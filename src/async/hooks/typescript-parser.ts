/** The part of TypeScript, up to 6, that is used: later ones have no interface for programs. @internal */
export interface TypeScriptParser {
  readonly SyntaxKind: Record<string, number> & Record<number, string>
  readonly ScriptTarget: { readonly ESNext: number }
  readonly ScriptKind: { readonly JS: number }
  readonly NodeFlags: { readonly Let: number; readonly Const: number; readonly Using: number }
  createSourceFile(path: string, source: string, options: object, setParents: boolean, kind: number): SourceFile
  forEachChild(node: TypeScriptNode, visit: (child: TypeScriptNode) => void): void
  tokenToString(kind: number): string | undefined
  flattenDiagnosticMessageText(text: unknown, newLine: string): string
}

/** A file, as it was parsed. @internal */
export interface SourceFile extends TypeScriptNode {
  readonly parseDiagnostics: readonly { readonly messageText: unknown; readonly start: number }[]
  externalModuleIndicator: unknown
}

/** Nodes, and where they begin. */
type List = readonly TypeScriptNode[] & { readonly pos: number }

/** A node of its syntax tree, with the parts that are looked at. @internal */
export interface TypeScriptNode {
  readonly kind: number
  readonly end: number
  readonly flags: number
  getStart(file: TypeScriptNode): number
  readonly argumentExpression?: TypeScriptNode
  readonly arguments?: List
  readonly asteriskToken?: TypeScriptNode
  readonly awaitModifier?: TypeScriptNode
  readonly body?: TypeScriptNode
  readonly declarationList?: TypeScriptNode
  readonly declarations?: List
  readonly dotDotDotToken?: TypeScriptNode
  readonly elements?: List
  readonly expression?: TypeScriptNode
  readonly heritageClauses?: List
  readonly initializer?: TypeScriptNode
  readonly keywordToken?: number
  readonly label?: TypeScriptNode
  readonly left?: TypeScriptNode
  readonly members?: List
  readonly modifiers?: List
  readonly name?: TypeScriptNode
  readonly objectAssignmentInitializer?: TypeScriptNode
  readonly operand?: TypeScriptNode
  readonly operator?: number
  readonly operatorToken?: TypeScriptNode
  readonly parameters?: List
  readonly properties?: List
  readonly propertyName?: TypeScriptNode
  readonly questionDotToken?: TypeScriptNode
  readonly right?: TypeScriptNode
  readonly statement?: TypeScriptNode
  readonly statements?: List
  readonly tag?: TypeScriptNode
  readonly template?: TypeScriptNode
  readonly text?: string
}
