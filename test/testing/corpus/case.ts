import type { Coroutine } from 'gvent'
import type { FailureKind } from 'gvent/testing'

/** A classic bug as a small program, and the same program without it. */
export interface Case {
  readonly name: string
  /** How the bug shows. */
  readonly kind: FailureKind
  broken(this: void): Coroutine<void>
  sound(this: void): Coroutine<void>
}

/** A case from one program that takes whether the bug is mended. */
export function caseOf(name: string, kind: FailureKind, program: (isMended: boolean) => Coroutine<void>): Case {
  return { name, kind, broken: () => program(false), sound: () => program(true) }
}
