import { nameError } from '../../scheduler/checks/errors.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import { showCommand } from './command.js'
import type { CompletedProcess } from './completed-process.js'
import type { Output } from './output.js'

/** A program could not be started. `code` says why, as Node does: `'ENOENT'`, `'EACCES'`, `'EMFILE'`, `'E2BIG'`, …. */
export class SpawnError extends Error {
  declare readonly name: 'SpawnError'
  /** Why, as Node says it. */
  declare readonly code: string
  /** The number of the error, negative. */
  declare readonly errno: number | undefined
  /** What was tried: `'spawn git'`. */
  declare readonly syscall: string
  /** The program. */
  declare readonly path: string
  /** The program and its arguments. */
  declare readonly args: readonly string[]
}
nameError(SpawnError, 'SpawnError', 'GVENT_SPAWN')

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

  /** What it printed: text with an `encoding`, else bytes. */
  get stdout(): string | Buffer {
    return this.result.stdout
  }

  /** The same as `stdout`. */
  get output(): string | Buffer {
    return this.stdout
  }

  /** What it printed on stderr: text with an `encoding`, else bytes. */
  get stderr(): string | Buffer {
    return this.result.stderr
  }
}
nameError(CalledProcessError, 'CalledProcessError', 'GVENT_CALLED_PROCESS')

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

  /** What it printed until then: text with an `encoding`, else bytes. */
  get stdout(): string | Buffer {
    return this.printed.stdout
  }

  /** The same as `stdout`. */
  get output(): string | Buffer {
    return this.stdout
  }

  /** What it printed on stderr until then: text with an `encoding`, else bytes. */
  get stderr(): string | Buffer {
    return this.printed.stderr
  }

  /** More has come. @internal */
  update(printed: Output<string | Buffer>): void {
    this.printed = printed
  }
}
nameError(TimeoutExpired, 'TimeoutExpired', 'GVENT_TIMEOUT')

/** How much of stderr is shown. */
const LINES = 10
const LENGTH = 2000

/** What a program said last, on lines of its own if it is more than one. */
function lastLines(stderr: string): string {
  const lines = stderr.trimEnd().slice(-LENGTH).split('\n').slice(-LINES)
  if (lines.length === 1) return lines[0] === '' ? '' : `: ${lines[0]}`
  return [':', ...lines].join('\n  ')
}

/** Keeps properties out of what is printed with the error: there may be much in them, and secrets. */
function hide(error: Error, ...names: string[]): void {
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
    /** What was read of stdout: text with an `encoding`, else bytes. */
    readonly stdout: string | Buffer,
    /** What was read of stderr: text with an `encoding`, else bytes. */
    readonly stderr: string | Buffer,
  ) {
    super(message)
    hide(this, 'stdout', 'stderr')
  }
}
nameError(OutputLimitError, 'OutputLimitError', 'GVENT_LIMIT')
