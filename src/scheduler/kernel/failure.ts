/** The error that ended a greenlet. @internal */
export class Failure {
  /** How many have seen it; `Infinity` once it was reported. */
  observers = 0

  constructor(readonly error: unknown) {}
}
