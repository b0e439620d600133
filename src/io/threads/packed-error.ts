/** An error on its way from one thread to another: cloning keeps neither its class nor its `code`. @internal */
export interface PackedError {
  readonly name: string
  readonly className: string
  readonly message: string
  readonly stack: string | undefined
  /** Its own properties that can be cloned: `code`, `syscall`, …. */
  readonly properties: Record<string, unknown>
  readonly cause: Packed | undefined
  readonly errors: readonly Packed[] | undefined
}

/** Anything that was thrown. @internal */
export type Packed = { readonly error: PackedError } | { readonly value: unknown }

/** A chain of causes may be a circle. */
const DEEPEST = 8

/** @internal */
export function pack(raised: unknown, depth = 0): Packed {
  if (!(raised instanceof Error)) return { value: isCloneable(raised) ? raised : String(raised) }
  const { name, message, stack, cause, errors } = raised as AggregateError
  const properties = Object.fromEntries(
    Object.entries(raised).filter(([key, value]) => key !== 'cause' && key !== 'errors' && isCloneable(value)),
  )
  const code: unknown = (raised as NodeJS.ErrnoException).code
  if (typeof code === 'string') properties['code'] = code
  const isDeep = depth >= DEEPEST
  return {
    error: {
      name,
      className: raised.constructor.name,
      message,
      stack,
      properties,
      cause: cause === undefined || isDeep ? undefined : pack(cause, depth + 1),
      errors: Array.isArray(errors) && !isDeep ? errors.map((error) => pack(error, depth + 1)) : undefined,
    },
  }
}

/**
 * The same error in this thread: of the same class where it is one of the language's, of the same name in any case, with
 * the stack of the thread in which it was made.
 * @internal
 */
export function unpack(packed: Packed): unknown {
  if ('value' in packed) return packed.value
  const { name, className, message, stack, properties, cause, errors } = packed.error
  const error = make(className, message, errors?.map(unpack))
  if (error.name !== name) Object.defineProperty(error, 'name', { configurable: true, writable: true, value: name })
  if (cause !== undefined)
    Object.defineProperty(error, 'cause', { configurable: true, writable: true, value: unpack(cause) })
  if (stack !== undefined) error.stack = stack
  return Object.assign(error, properties)
}

const CLASSES = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

function make(className: string, message: string, errors: unknown[] | undefined): Error {
  if (errors !== undefined) return new AggregateError(errors, message)
  const Class = Object.hasOwn(CLASSES, className) ? CLASSES[className as keyof typeof CLASSES] : Error
  return new Class(message)
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
