import type { RuleContext } from './rule.js'
import type { Call, Node } from './syntax.js'

/** As much of a type of TypeScript as the rules look at. */
interface Type {
  /** `any`, `void` and their like. Unlike `flags` it is the same in all versions. */
  readonly intrinsicName?: string
  readonly types?: readonly Type[]
  isUnion(): boolean
  getSymbol(): { readonly name: string } | undefined
  getProperty(name: string): object | undefined
  getCallSignatures(): readonly Signature[]
}

interface Signature {
  getReturnType(): Type
  getParameters(): readonly object[]
}

interface Checker {
  getResolvedSignature(call: object): Signature | undefined
  getTypeOfSymbolAtLocation(symbol: object, node: object): Type
}

interface Services {
  readonly program?: { getTypeChecker(): Checker } | null
  readonly esTreeNodeToTSNodeMap?: { get(node: Node): object }
  readonly getTypeAtLocation?: (node: Node) => Type
}

const UNKNOWN = new Set<string | undefined>(['any', 'error', 'unknown'])

/** The kind of a value, as far as waiting goes. */
export type Kind = 'operation' | 'coroutine' | 'other'

/** The facts that the compiler knows of a file; none where the parser was not told to ask it. */
export class Types {
  private readonly services: Services

  constructor(context: RuleContext) {
    this.services = context.sourceCode.parserServices
  }

  /** The kind of a value; `undefined` if its type is not known. */
  kindOf(node: Node): Kind | undefined {
    const type = this.typeOf(node)
    if (type === undefined) return undefined
    const kinds = partsOf(type).map(kindOfPart)
    return kinds.find((kind) => kind !== 'other') ?? 'other'
  }

  /** The kind of the result of a function; `undefined` if its type is not known, or it is none. */
  kindOfResult(node: Node): Kind | 'async generator' | undefined {
    const results =
      this.typeOf(node)
        ?.getCallSignatures()
        .map((signature) => signature.getReturnType()) ?? []
    if (results.length === 0) return undefined
    if (results.some((type) => type.getSymbol()?.name === 'AsyncGenerator')) return 'async generator'
    return (
      results
        .flatMap(partsOf)
        .map(kindOfPart)
        .find((kind) => kind !== 'other') ?? 'other'
    )
  }

  /** Whether a call takes a callback at `index` whose result it declares to drop; `undefined` if that is not known. */
  dropsResultOf(call: Call, index: number): boolean | undefined {
    const { program, esTreeNodeToTSNodeMap } = this.services
    if (!program || esTreeNodeToTSNodeMap === undefined) return undefined
    const checker = program.getTypeChecker()
    const node = esTreeNodeToTSNodeMap.get(call)
    const parameter = checker.getResolvedSignature(node)?.getParameters()[index]
    if (parameter === undefined) return undefined
    const signatures = partsOf(checker.getTypeOfSymbolAtLocation(parameter, node)).flatMap((type) =>
      type.getCallSignatures(),
    )
    return signatures.length > 0 && signatures.every((signature) => signature.getReturnType().intrinsicName === 'void')
  }

  private typeOf(node: Node): Type | undefined {
    const type = this.services.program ? this.services.getTypeAtLocation?.(node) : undefined
    return type === undefined || UNKNOWN.has(type.intrinsicName) ? undefined : type
  }
}

function partsOf(type: Type): readonly Type[] {
  return type.isUnion() ? type.types! : [type]
}

// A greenlet runs by itself, and a result is something to look at: nobody has to wait for them.
function kindOfPart(type: Type): Kind {
  const name = type.getSymbol()?.name
  if (name === 'Generator' || name === 'AsyncGenerator') return 'coroutine'
  const has = (property: string): boolean => type.getProperty(property) !== undefined
  return has('beginWait') && has('cancelWait') && !has('spawnedAt') && !has('setError') ? 'operation' : 'other'
}
