import { nameError } from '../../scheduler/checks/errors.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import { showCommand } from './command.js'
import type { Output } from './output.js'

/** A program could not be started. `code` says why, as Node does: `'ENOENT'`, `'EACCES'`, `'EMFILE'`, `'E2BIG'`, …. */
export class SpawnError extends Error {
  declare readonly name: 'SpawnError'
  /** Why, as Node says it. */
  declare readonly code: string
  /** The number of the error, negative. */
  declare readonly errno: number | undefined
  /** The call that failed: `'spawn git'`. */
  declare readonly syscall: string
  /** The program. */
  declare readonly path: string
  /** The program and its arguments. */
  declare readonly args: readonly string[]
}
nameError(SpawnError, 'SpawnError', 'GVENT_SPAWN')

/** A program took longer than it was allowed to. It has what the program printed until then. (Python's.) */
export class TimeoutExpired extends Timeout {
  declare readonly name: 'TimeoutExpired'

  /** For tests of what handles it. */
  constructor(
    milliseconds: number,
    /** The program and its arguments. */
    readonly args: readonly string[],
    private printed: Output<string | Buffer>,
  ) {
    super(milliseconds)
    this.message = `${showCommand(args)} took longer than ${milliseconds} ms`
    hide(this, 'args', 'printed')
  }

  /** Its output until then: text with an `encoding`, else bytes. */
  get stdout(): string | Buffer {
    return this.printed.stdout
  }

  /** The same as `stdout`. */
  get output(): string | Buffer {
    return this.stdout
  }

  /** Its output on stderr until then: text with an `encoding`, else bytes. */
  get stderr(): string | Buffer {
    return this.printed.stderr
  }

  /** More has come. @internal */
  update(printed: Output<string | Buffer>): void {
    this.printed = printed
  }
}
nameError(TimeoutExpired, 'TimeoutExpired', 'GVENT_TIMEOUT')

/** Keeps properties out of what is printed with the error: there may be much in them, and secrets. @internal */
export function hide(error: Error, ...names: string[]): void {
  for (const name of names) Object.defineProperty(error, name, { enumerable: false })
}

/** A program printed more than `maxBuffer`. It has what was read of it. */
export class OutputLimitError extends Error {
  declare readonly name: 'OutputLimitError'
  declare readonly code: 'GVENT_LIMIT'

  /** For tests of what handles it. */
  constructor(
    message: string,
    /** The limit in bytes. */
    readonly limit: number,
    /** The part of stdout that was read: text with an `encoding`, else bytes. */
    readonly stdout: string | Buffer,
    /** The part of stderr that was read: text with an `encoding`, else bytes. */
    readonly stderr: string | Buffer,
  ) {
    super(message)
    hide(this, 'stdout', 'stderr')
  }
}
nameError(OutputLimitError, 'OutputLimitError', 'GVENT_LIMIT')
