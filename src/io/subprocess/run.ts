import { call as callGreen } from '../../scheduler/greenlets/call.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { readCommand, type Command } from './command.js'
import { CompletedProcess } from './completed-process.js'
import { TimeoutExpired } from './errors.js'
import { runOptionNames, type Data, type RunOptions } from './options.js'
import { Popen } from './popen.js'

/** How long, in milliseconds, is read from a process that was killed: descendants that fled from it may hold its pipes. */
const LAST_WORDS = 100

/**
 * Runs a program to its end. (Python: `subprocess.run`.)
 *
 * ```ts
 * const { stdout } = yield* subprocess.run(['git', 'log', '-1'], { text: true, check: true, timeout: 5000 })
 * ```
 *
 * Its stdin is `input`, or nothing. What it prints is read and kept; `stdout: 'inherit'` lets it through.
 *
 * @param command the program and its arguments: `['git', 'log']`; Node's form, `('git', ['log'], options)`, is understood
 *   too. A single text is the name of a program, with `shell: true` a line for the shell.
 * @returns how it ended and what it printed: bytes, or text with `text: true` or an `encoding`.
 * @throws SpawnError when it cannot be started; CalledProcessError with `check`; TimeoutExpired, or the `Timeout` that
 *   was given, with all that was printed until then in its `stdout` and `stderr`; OutputLimitError.
 * Cancel safety: a kill or timeout ends the process and its descendants, and waits until they have ended.
 */
export function run<const O extends RunOptions = RunOptions>(
  command: Command,
  options?: O,
): Operation<CompletedProcess<Data<O>>>
export function run<const O extends RunOptions = RunOptions>(
  program: string,
  args: readonly string[],
  options?: O,
): Operation<CompletedProcess<Data<O>>>
export function run(...given: unknown[]): Operation<CompletedProcess<string | Buffer>> {
  const { args, options } = readCommand<RunOptions>('run', given, runOptionNames)
  return callGreen(runToEnd, args, options)
}

/**
 * Runs a program whose output goes where that of this program goes.
 * @returns its exit status, or the number of the signal that ended it, negative. Otherwise as {@link run}.
 */
export function call(command: Command, options: RunOptions = {}): Operation<number> {
  const { args, options: given } = readCommand<RunOptions>('call', [command, options], runOptionNames)
  return callGreen(function* call() {
    return (yield* runToEnd(args, { stdout: 'inherit', stderr: 'inherit', ...given })).returnCode
  })
}

/** The same as {@link call}, with `check`. */
export function checkCall(command: Command, options: RunOptions = {}): Operation<number> {
  return call(command, { ...options, check: true })
}

/** Runs a program, with `check`, and returns what it prints on stdout. stderr goes where that of this program goes. Otherwise as {@link run}. */
export function checkOutput<const O extends RunOptions = RunOptions>(
  command: Command,
  options?: O,
): Operation<Data<O>> {
  const { args, options: given } = readCommand<RunOptions>('checkOutput', [command, options], runOptionNames)
  return callGreen(function* checkOutput() {
    return (yield* runToEnd(args, { stderr: 'inherit', ...given, check: true })).stdout
  }) as Operation<Data<O>>
}

function* runToEnd(args: readonly string[], options: RunOptions): Coroutine<CompletedProcess<string | Buffer>> {
  const { input, timeout, signal, check = false, captureOutput = false, ...rest } = options
  const capturing = captureOutput ? ({ stdout: 'pipe', stderr: 'pipe' } as const) : {}
  const process = new Popen(args, { ...(input === undefined ? { stdin: 'ignore' } : {}), ...rest, ...capturing })
  try {
    const output = yield* process.communicateWithFamily({ ...(input === undefined ? {} : { input }), timeout, signal })
    const result = new CompletedProcess(args, process.returnCode!, process.exitCode, process.signal, output)
    return check ? result.check() : result
  } catch (error) {
    if (error === process.expiredWith) yield* addLastWords(process, error as Error)
    throw error
  } finally {
    yield* process.close()
  }
}

// Between the end of its time and the end of the process some more may be printed, and one that may take its leave prints
// as it does so.
function* addLastWords(process: Popen, error: Error): Coroutine<void> {
  process.endTree()
  for (let reading = true; reading;) {
    const running = process.poll() === null
    try {
      yield* process.communicateWithFamily({ timeout: LAST_WORDS })
      reading = false
    } catch (raised) {
      if (raised !== process.expiredWith) throw raised
      reading = running
    }
  }
  const printed = process.printed()
  if (error instanceof TimeoutExpired) error.update(printed)
  else Object.assign(error, { stdout: printed.stdout, stderr: printed.stderr })
}
