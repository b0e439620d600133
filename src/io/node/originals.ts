type AnyFunction = (...args: never[]) => unknown

const originals = new WeakMap<AnyFunction, AnyFunction>()

/** Notes that a patch has put `replaced` in the place of `original`. @internal */
export function noteOriginal(replaced: AnyFunction, original: AnyFunction): void {
  originals.set(replaced, original)
}

/** Returns the function that a patch replaced with this one; the function itself if it is no patch. @internal */
export function originalOf<F extends AnyFunction>(fn: F): F {
  return (originals.get(fn) as F | undefined) ?? fn
}
