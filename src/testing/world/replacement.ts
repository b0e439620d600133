/** Puts `value` in the place of a property. @returns a function that puts back what was there. */
export function replaceProperty(object: object, key: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(object, key)
  Object.defineProperty(object, key, { configurable: true, writable: true, enumerable: true, value })
  return () => {
    // What the object only inherited is inherited again.
    if (before === undefined) Reflect.deleteProperty(object, key)
    else Object.defineProperty(object, key, before)
  }
}

/** The same for several of them, if there is the object. */
export function replaceProperties(object: object | null, values: Record<string, unknown>): (() => void)[] {
  if (object === null) return []
  return Object.entries(values).map(([key, value]) => replaceProperty(object, key, value))
}

/** All of them together, undone in the opposite order. */
export function allOf(undo: readonly (() => void)[]): () => void {
  return () => {
    for (const each of Array.from(undo).reverse()) each()
  }
}
