type IsAny<T> = 0 extends 1 & T ? true : false
type IsWithin<A, B> = [A] extends [B] ? true : false
type Equal<A, B> = [IsAny<A>, IsWithin<A, B>, IsWithin<B, A>] extends [IsAny<B>, true, true] ? true : false

/**
 * Compiles only if the type of `value` is exactly `Expected`; `any` is not exactly anything else:
 * `expectType<number>()(value)`.
 */
export function expectType<Expected>() {
  return <Actual>(_value: Actual, ..._proof: Equal<Actual, Expected> extends true ? [] : [never]): void => undefined
}
