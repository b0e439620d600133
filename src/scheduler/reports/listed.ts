/** Something that is listed like a greenlet. @internal */
export interface Listed {
  /** The object that stands for it where it is the parent of others. */
  readonly key: object
  /** The parent that it belongs to. */
  readonly parent: object | undefined
  /** One line on it. */
  readonly summary: string
  /** Where it is parked. */
  readonly stack: string
  readonly spawnedAt: string
}

/** Learns of the steps of what is not a greenlet. @internal */
export interface StepListener {
  began(): void
  /** `describe` says whose step it was. */
  ended(describe: () => string): void
}

/** Learns which calls run; a call is known by its object. @internal */
export interface CallListener {
  /** Its code begins, or goes on; that of another one may be running below. */
  entered(call: object): void
  /** It has come to an `await`, which is known as soon as this has returned, or to its end. */
  left(call: object): void
}

/** A call that has been left. @internal */
export interface LeftCall {
  readonly isOver: boolean
  /** The thing that it awaits. */
  readonly awaits: string
  /** The greenlet that made it and waits for its end. */
  readonly greenlet: object | undefined
}

/** The things that are no greenlets and yet wait: calls of compiled async functions put themselves in here. @internal */
export const others: {
  list: () => readonly Listed[]
  /** From now on those are reported that are lost. */
  reportLost: () => void
  /** Whether that is on. */
  areLostReported: boolean
  /** Has every step watched. @returns a function that ends it. */
  watchSteps: (listener: StepListener) => () => void
  /** Has every call watched. @returns a function that ends it. */
  watchCalls: (listener: CallListener) => () => void
  /** Tells how a call stands that was left. */
  tellCall: (call: object) => LeftCall | undefined
  /** Describes a call: `async transfer`. It may take as long as many steps. */
  describeCall: (call: object) => string
} = {
  list: () => [],
  reportLost: () => undefined,
  areLostReported: false,
  watchSteps: () => () => undefined,
  watchCalls: () => () => undefined,
  tellCall: () => undefined,
  describeCall: () => '',
}
