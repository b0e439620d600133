/** A value as an error message names it: short, on one line, and whatever code of its own the value has. @internal */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'function') return nameOf(value) === '' ? 'a function' : `function ${nameOf(value)}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (Object.prototype.toString.call(value) === '[object Generator]') return 'a coroutine'
  const name = className(value)
  if (name === '' || name === 'Object') return 'an object'
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
}

/** The name of a function; empty if it has none, or one that is not a text or cannot be read. @internal */
export function nameOf(fn: unknown): string {
  try {
    const { name } = fn as { name?: unknown }
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

function className(value: object): string {
  try {
    return nameOf((value as { constructor?: unknown }).constructor)
  } catch {
    return ''
  }
}

/** Something that says what it is, such as an operation. @internal */
export interface Describable {
  describe(): string
}

/** Says what an operation is: its class if it fails to say so. @internal */
export function described(operation: Describable): string {
  try {
    return operation.describe()
  } catch {
    return operation.constructor.name
  }
}
