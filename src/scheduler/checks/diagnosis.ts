import { show } from './show.js'

/** A subject of advice, for programs that are being written. @internal */
export type Subject =
  | 'no greenlet'
  | 'not driven'
  | 'used twice'
  | 'no work'
  | 'kill caught'
  | 'timeout outside'
  | 'no run'
  | 'spawned coroutine'
  | 'no options'
  | 'no function'
  | 'no error'

/** The names of the options that a call takes, and whether it hands others on. @internal */
export interface OptionNames {
  readonly own: readonly string[]
  /** Options of the platform that are handed on, if any are. */
  readonly platform?: readonly string[]
  /** Whether no others than these are handed on. */
  readonly isStrict?: boolean
}

/**
 * The parts of errors and reports that go beyond what is wrong: where, and what to do about it. The stacks put themselves in here when they
 * are loaded (`stacks/install.ts`, `stacks/advice/install.ts`): without them errors have the stacks that the engine gives them, and state the bare fact.
 * @internal
 */
export interface Diagnosis {
  /** Lets the stack of `error` begin with the line of the program that called the library, and says in `help` how to read on. */
  guide(error: Error & { code: string }): void
  /** Leaves the stack of an error as it is from now on. */
  keepStack(error: unknown): void
  /** Lets an error that is raised again and again get a fresh stack the next time. */
  renewStack(error: { stack?: string }): void
  /** Names what the program called to make `owner`, as it wrote that: `Event.wait`, `new Pool`; empty when that is not known. */
  publicCall(owner?: object): string
  /** Describes `value`, which the platform shows as `text`, for a report. */
  render(text: string, value: unknown): string
  /** Advises on an error on that subject, about `value`: `. Write …`. */
  adviseOn(subject: Subject, value?: unknown): string
  /** Advises on what was given as the argument of a call, in which something else is expected: `write …`. */
  adviseOnArgument(where: string, expected: string, value: unknown): string
  /** Says what is wrong with a value that was yielded at that place: ` in work`. */
  describeBadYield(value: unknown, place: string): string
  /** Whether an object has the name of one of these options, but for a slip. */
  hasNear(options: object, own: readonly string[]): boolean
  /** Checks that all options are some that the call takes; `owner` is what it makes. */
  checkNames(options: object, names: OptionNames, owner?: object): void
}

/** The diagnosis of this JavaScript thread. @internal */
export const diagnosis: Diagnosis = {
  guide: () => undefined,
  keepStack: () => undefined,
  renewStack: () => undefined,
  publicCall: () => '',
  render: (text) => text,
  adviseOn: () => '',
  adviseOnArgument: () => '',
  describeBadYield: (value, place) => `yield ${show(value)}${place}: it cannot be waited for`,
  hasNear: () => false,
  checkNames: () => undefined,
}
