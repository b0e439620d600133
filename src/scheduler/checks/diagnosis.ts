/**
 * What errors and reports say of stacks. The stacks put themselves in here when they are loaded (`stacks/install.ts`): without
 * them errors are as the engine makes them.
 * @internal
 */
export interface Diagnosis {
  /** Lets the stack of `error` begin with the line of the program that called the library. */
  pointAtProgram(error: Error): void
  /** Names what the program called, as it wrote that: `Event.wait`, `new Pool`; empty when that is not known. */
  publicCall(): string
  /** What a report says of `value`, which the platform shows as `text`. */
  render(text: string, value: unknown): string
}

/** The diagnosis of this JavaScript thread. @internal */
export const diagnosis: Diagnosis = {
  pointAtProgram: () => undefined,
  publicCall: () => '',
  render: (text) => text,
}
