/** An `await`: the generator goes on with its result. @internal */
export const AWAIT = 0
/** The same for the answer of an inner iterator: where that was asked to return, the generator returns with it. @internal */
export const INNER = 1
/** No `await` at all: what a `yield*` passes on is not awaited. @internal */
export const PASSED_ON = 2
/** The result of a `yield*` which a compiler awaits, and the language does not. @internal */
export const RESULT = 3

/** The kind of a mark. @internal */
export type MarkKind = typeof AWAIT | typeof INNER | typeof PASSED_ON | typeof RESULT

/** Tells an `await` in a lowered async generator from a `yield`, which gives its value as it is. @internal */
export class Mark {
  constructor(
    readonly value: unknown,
    readonly kind: MarkKind,
  ) {}
}

/** A value that needs no `await` any more: that of a `return` from outside, say, was awaited before. @internal */
export class Awaited {
  constructor(readonly value: unknown) {}
}
