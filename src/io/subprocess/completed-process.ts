import { CalledProcessError } from './errors.js'
import type { Output } from './output.js'

/** How a program ended, and what it printed. */
export class CompletedProcess<T extends string | Buffer> {
  /** What it printed: text with an `encoding`, else bytes; empty when it was not a pipe. */
  readonly stdout: T
  /** What it printed on stderr: text with an `encoding`, else bytes; empty when it was not a pipe. */
  readonly stderr: T

  /** @internal */
  constructor(
    /** The program and its arguments. */
    readonly args: readonly string[],
    /** As Python has it: the exit status, or the number of the signal that ended it, negative. */
    readonly returnCode: number,
    /** The exit status; `null` when it was ended by a signal. */
    readonly exitCode: number | null,
    /** The signal that ended it, if one did. */
    readonly signal: NodeJS.Signals | null,
    { stdout, stderr }: Output<T>,
  ) {
    this.stdout = stdout
    this.stderr = stderr
  }

  /** @returns this. @throws CalledProcessError unless it ended with status 0. */
  check(): this {
    if (this.returnCode !== 0) throw new CalledProcessError(this)
    return this
  }
}
