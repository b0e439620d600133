import * as nodeModule from 'node:module'
import { dirname } from 'node:path'

interface Stripping {
  stripTypeScriptTypes?: (source: string, options: { mode: 'strip' }) => string
}

interface TypeScript {
  readonly transpileModule?: (
    source: string,
    options: { fileName: string; compilerOptions: object },
  ) => { outputText: string }
  readonly ScriptTarget: { readonly ES2022: number; readonly ESNext: number }
  readonly ModuleKind: { readonly ESNext: number; readonly CommonJS: number }
  readonly sys: { fileExists(path: string): boolean; readFile(path: string): string | undefined }
  findConfigFile(folder: string, exists: (path: string) => boolean): string | undefined
  readConfigFile(path: string, read: (path: string) => string | undefined): { config?: object }
  parseJsonConfigFileContent(config: object, host: object, folder: string): { options: CompilerOptions }
}

/** The options of a tsconfig.json that change how a program runs. */
interface CompilerOptions {
  readonly target?: number
  readonly experimentalDecorators?: boolean
  readonly emitDecoratorMetadata?: boolean
  readonly useDefineForClassFields?: boolean
}

/** Decorators are not taken away with the types: the engine does not know them. */
const DECORATOR = /(?:^|[(;]|\{ |\b(?:export|default) )[ \t]*@[\w(]/m

const MORE_THAN_TYPES = /\b(?:enum|namespace|module|public|private|protected|readonly|override|import\s+\w+\s*=)\b/

/** Whether TypeScript may have more in it than types, which Node does not take away. @internal */
export function mayNeedCompiler(source: string): boolean {
  return MORE_THAN_TYPES.test(source) || DECORATOR.test(source)
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
  if (stripTypeScriptTypes === undefined || (DECORATOR.test(source) && findCompiler(places) !== undefined))
    return compile(source, path, isModule, places)
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
      `${path}: this version of Node does not run TypeScript, and the project has no compiler to do it: ` +
        'npm install --save-dev typescript@6',
    )
  }
  const own = optionsFor(ts, dirname(path))
  // Decorators of the language are compiled, too, but for the newest target.
  const { ES2022, ESNext } = ts.ScriptTarget
  const compilerOptions = {
    ...own,
    target: own.experimentalDecorators !== true && DECORATOR.test(source) ? ES2022 : ESNext,
    module: isModule ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
    esModuleInterop: true,
    inlineSourceMap: true,
    inlineSources: true,
  }
  return ts.transpileModule(source, { fileName: path, compilerOptions }).outputText
}

const optionsOf = new Map<string, CompilerOptions>()

function optionsFor(ts: TypeScript, folder: string): CompilerOptions {
  let options = optionsOf.get(folder)
  if (options === undefined) optionsOf.set(folder, (options = readOptions(ts, folder)))
  return options
}

function readOptions(ts: TypeScript, folder: string): CompilerOptions {
  const file = ts.findConfigFile(folder, (path) => ts.sys.fileExists(path))
  if (file === undefined) return {}
  const { config = {} } = ts.readConfigFile(file, (path) => ts.sys.readFile(path))
  // Which files there are is of no interest.
  const host = { ...ts.sys, readDirectory: () => [] }
  const { options } = ts.parseJsonConfigFileContent(config, host, dirname(file))
  const { experimentalDecorators = false, emitDecoratorMetadata = false, target } = options
  const { useDefineForClassFields = target === undefined || target >= ts.ScriptTarget.ES2022 } = options
  return { experimentalDecorators, emitDecoratorMetadata, useDefineForClassFields }
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
