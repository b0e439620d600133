import type { SourceType, SyntaxNode } from '../lowering/syntax.js'
import type { SourceFile, TypeScriptParser } from './typescript-parser.js'
import { Conversion } from './typescript-tree.js'

/**
 * Parses JavaScript with TypeScript.
 *
 * @returns its tree as ESTree.
 * @throws SyntaxError with the offset at which it is, `pos`.
 * @internal
 */
export function parseWithTypeScript(ts: TypeScriptParser, source: string, sourceType: SourceType): SyntaxNode {
  const isModule = sourceType === 'module'
  const options = {
    languageVersion: ts.ScriptTarget.ESNext,
    // By default it looks for imports and exports, and for nothing else that only modules have.
    ...(isModule && { setExternalModuleIndicator: (file: SourceFile) => (file.externalModuleIndicator = true) }),
  }
  const file = ts.createSourceFile('program.js', source, options, false, ts.ScriptKind.JS)
  const [error] = file.parseDiagnostics
  if (error !== undefined) {
    const message = ts.flattenDiagnosticMessageText(error.messageText, ' ')
    throw Object.assign(new SyntaxError(message), { pos: error.start })
  }
  if (!isModule && file.externalModuleIndicator) {
    throw Object.assign(new SyntaxError("'import', 'export' and 'import.meta' are for modules"), { pos: 0 })
  }
  return new Conversion(ts, file, source).program(sourceType)
}
