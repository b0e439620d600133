/** An object with a stack that was captured and is formatted when it is read. @internal */
export interface CapturedStack {
  stack?: string
}

/** Says whether a stack may be captured now; see `stacks/stack-budget.ts`. @internal */
export interface Budget {
  /** Whether there is budget for one more. */
  take(): boolean
  /** Takes off so many more that were captured along with it. */
  spend(stacks: number): void
}

/** The budget of a hub that captures no stacks. @internal */
export const noBudget: Budget = { take: () => false, spend: () => undefined }
