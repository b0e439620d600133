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

/** The things that are no greenlets and yet wait: calls of compiled async functions put themselves in here. @internal */
export const others: {
  list: () => readonly Listed[]
  /** From now on those are reported that are lost. */
  reportLost: () => void
  /** Whether that is on. */
  areLostReported: boolean
  /** Has every step watched. @returns a function that ends it. */
  watchSteps: (listener: StepListener) => () => void
} = {
  list: () => [],
  reportLost: () => undefined,
  areLostReported: false,
  watchSteps: () => () => undefined,
}
