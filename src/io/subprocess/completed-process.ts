import { nameError } from '../../scheduler/checks/errors.js'
import { showCommand } from './command.js'
import { hide } from './errors.js'
import type { Output } from './output.js'

/** How a program ended, and what it printed. */
export class CompletedProcess<T extends string | Buffer> {
  /** Its output: text with an `encoding`, else bytes; empty when it was not a pipe. */
  readonly stdout: T
  /** Its output on stderr: text with an `encoding`, else bytes; empty when it was not a pipe. */
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

/** A program ended with a status other than 0, or by a signal, and that was to be an error. (Python's.) */
export class CalledProcessError extends Error {
  declare readonly name: 'CalledProcessError'
  declare readonly code: 'GVENT_CALLED_PROCESS'

  /** @param result how the program ended; the message is made from it. */
  constructor(
    /** How it ended, and all that it printed. */
    readonly result: CompletedProcess<string | Buffer>,
  ) {
    const { args, signal, exitCode, stderr } = result
    const how = signal === null ? `with status ${exitCode}` : `by ${signal}`
    super(`${showCommand(args)} ended ${how}${lastLines(stderr.toString())}`)
    hide(this, 'result')
  }

  /** The program and its arguments. */
  get args(): readonly string[] {
    return this.result.args
  }

  /** As Python has it: the exit status, or the number of the signal that ended it, negative. */
  get returnCode(): number {
    return this.result.returnCode
  }

  /** The signal that ended it, `null` if none did. */
  get signal(): NodeJS.Signals | null {
    return this.result.signal
  }

  /** Its output: text with an `encoding`, else bytes. */
  get stdout(): string | Buffer {
    return this.result.stdout
  }

  /** The same as `stdout`. */
  get output(): string | Buffer {
    return this.stdout
  }

  /** Its output on stderr: text with an `encoding`, else bytes. */
  get stderr(): string | Buffer {
    return this.result.stderr
  }
}
nameError(CalledProcessError, 'CalledProcessError', 'GVENT_CALLED_PROCESS')

/** How much of stderr is shown. */
const LINES = 10
const LENGTH = 2000

/** Returns the last output of a program, on lines of its own if it is more than one. */
function lastLines(stderr: string): string {
  const lines = stderr.trimEnd().slice(-LENGTH).split('\n').slice(-LINES)
  if (lines.length === 1) return lines[0] === '' ? '' : `: ${lines[0]}`
  return [':', ...lines].join('\n  ')
}
