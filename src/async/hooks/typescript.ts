import * as nodeModule from 'node:module'

interface Stripping {
  stripTypeScriptTypes?: (source: string, options: { mode: 'strip' }) => string
}

interface TypeScript {
  readonly transpileModule?: (
    source: string,
    options: { fileName: string; compilerOptions: object },
  ) => { outputText: string }
  readonly ScriptTarget: { readonly ESNext: number }
  readonly ModuleKind: { readonly ESNext: number; readonly CommonJS: number }
}

/**
 * Makes JavaScript of TypeScript: where Node can, by taking the types away, so that all stays in its place.
 *
 * @param places where a compiler is looked for, for what takes more than that.
 * @returns `undefined` for what takes a compiler, where there is none: that is for Node to say, or for others to compile.
 * @internal
 */
export function withoutTypes(
  source: string,
  path: string,
  isModule: boolean,
  places: readonly string[],
): string | undefined {
  const { stripTypeScriptTypes } = nodeModule as Stripping
  if (stripTypeScriptTypes === undefined) return compile(source, path, isModule, places)
  try {
    return quietly(() => stripTypeScriptTypes(source, { mode: 'strip' }))
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') throw error
    return findCompiler(places) === undefined ? undefined : compile(source, path, isModule, places)
  }
}

// Node warns of what it does by itself where that is experimental; a second warning for the same is none too many.
function quietly<T>(work: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back as it was
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}

function compile(source: string, path: string, isModule: boolean, places: readonly string[]): string {
  const ts = findCompiler(places)
  if (ts?.transpileModule === undefined) {
    throw new Error(
      `${path}: this version of Node runs no TypeScript, and the project has no compiler that could be called: ` +
        'npm install --save-dev typescript@6',
    )
  }
  const compilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: isModule ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
    esModuleInterop: true,
    inlineSourceMap: true,
    inlineSources: true,
  }
  return ts.transpileModule(source, { fileName: path, compilerOptions }).outputText
}

function findCompiler(places: readonly string[]): TypeScript | undefined {
  for (const place of places) {
    try {
      const ts = nodeModule.createRequire(place)('typescript') as TypeScript
      if (ts.transpileModule !== undefined) return ts
    } catch {
      // It is not there.
    }
  }
  return undefined
}
