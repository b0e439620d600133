type AnyFunction = (...args: never[]) => unknown

const originals = new WeakMap<AnyFunction, AnyFunction>()

/** Notes that a patch has put `replaced` in the place of `original`. @internal */
export function noteOriginal(replaced: AnyFunction, original: AnyFunction): void {
  originals.set(replaced, original)
}

/** What a function stands in for, if a patch has made it; else the function itself. @internal */
export function originalOf<F extends AnyFunction>(fn: F): F {
  return (originals.get(fn) as F | undefined) ?? fn
}
