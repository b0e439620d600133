import { prototypeOf } from '../../scheduler/checks/errors.js'

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

/**
 * Packs what was raised; what cannot be read of it is left out.
 *
 * @param isPortable whether a value can be sent.
 * @internal
 */
export function pack(raised: unknown, isPortable: (value: unknown) => boolean = isCloneable, depth = 0): Packed {
  if (!isError(raised)) return { value: isPortable(raised) ? raised : textOf(raised) }
  const cause = read(raised, 'cause')
  const errors = read(raised, 'errors')
  const isDeep = depth >= DEEPEST
  return {
    error: {
      name: textOf(read(raised, 'name') ?? 'Error'),
      className: textOf(read(read(raised, 'constructor'), 'name')),
      message: messageOf(raised),
      stack: read(raised, 'stack') === undefined ? undefined : textOf(read(raised, 'stack')),
      properties: propertiesOf(raised, isPortable),
      cause: cause === undefined || isDeep ? undefined : pack(cause, isPortable, depth + 1),
      errors: Array.isArray(errors) && !isDeep ? errors.map((error) => pack(error, isPortable, depth + 1)) : undefined,
    },
  }
}

/** The message of anything that was raised. @internal */
export function messageOf(raised: unknown): string {
  return textOf(isError(raised) ? read(raised, 'message') : raised)
}

function propertiesOf(error: Error, isPortable: (value: unknown) => boolean): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const name of [...namesOf(error), 'code']) {
    const value = read(error, name)
    if (value !== undefined && !KEPT_APART.includes(name) && isPortable(value)) properties[name] = value
  }
  return properties
}

const KEPT_APART = ['name', 'message', 'stack', 'cause', 'errors']

// Getters and proxies may raise anything.
function read(object: unknown, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

function namesOf(object: object): string[] {
  try {
    return Object.keys(object)
  } catch {
    return []
  }
}

function isError(raised: unknown): raised is Error {
  try {
    return raised instanceof Error
  } catch {
    return false
  }
}

function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return `a value of type ${typeof value}`
  }
}

/**
 * The same error in this thread: of the same class where it is one of the language's or of this package, of the same name in
 * any case, with the stack of the thread in which it was made.
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
  for (const [property, value] of Object.entries(properties)) {
    Object.defineProperty(error, property, { configurable: true, enumerable: true, writable: true, value })
  }
  return error
}

const CLASSES = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

function make(className: string, message: string, errors: unknown[] | undefined): Error {
  if (errors !== undefined) return new AggregateError(errors, message)
  const Class = Object.hasOwn(CLASSES, className) ? CLASSES[className as keyof typeof CLASSES] : Error
  const error = new Class(message)
  const ours = prototypeOf(className)
  return ours === undefined ? error : (Object.setPrototypeOf(error, ours) as Error)
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
