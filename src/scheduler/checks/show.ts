/** A value as an error message names it: short, on one line, and whatever code of its own the value has. @internal */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'function') return nameOf(value) === '' ? 'a function' : `function ${nameOf(value)}`
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    const tag = Object.prototype.toString.call(value)
    if (tag === '[object Array]') return 'an array'
    if (tag === '[object Generator]') return 'a coroutine'
    const name = nameOf(value.constructor)
    if (name !== '' && name !== 'Object') return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
  } catch {
    // Its tag or its constructor cannot be read.
  }
  return 'an object'
}

/** The message of an error, and any other value that was thrown as it is named in messages. @internal */
export function messageOf(error: unknown): string {
  try {
    const { message } = error as { message?: unknown }
    if (typeof message === 'string') return message
  } catch {
    // Reading a property runs code of the value's own.
  }
  return show(error)
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
