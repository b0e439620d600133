import { parseArgs, type ParseArgsConfig } from 'node:util'
import { AttachError } from '../console/attach/connection.js'
import { EngineError } from './engines/engine-error.js'
import { UsageError } from './usage-error.js'

export { UsageError }

type OptionTable = NonNullable<ParseArgsConfig['options']>

/** The values of the options of a table. */
export type OptionValues<C extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: C; allowPositionals: true }>
>['values']

/**
 * Runs a command: `--help` prints `help`; a mistake in the arguments is one line and status 2; a process or an engine that
 * cannot be used is one line and status 1.
 */
export function runCommand<C extends OptionTable>(
  name: string,
  help: string,
  args: string[],
  options: C,
  run: (values: OptionValues<C>, positionals: string[]) => Promise<void>,
): Promise<void> {
  return reportMistakes(name, async () => {
    const { values, positionals } = readArguments(args, { ...options, help: { type: 'boolean', short: 'h' } })
    if ((values as { help?: boolean }).help === true) process.stdout.write(help)
    else await run(values as never, positionals)
  })
}

/** Does the work of a command. What its user can mend is printed, and sets the status: 2 for the command line, otherwise 1. */
export async function reportMistakes(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isUsage = error instanceof UsageError
    if (!isUsage && !(error instanceof AttachError) && !(error instanceof EngineError)) throw error
    process.stderr.write(`gvent ${name}: ${error.message}\n${isUsage ? `Run gvent ${name} --help for usage.\n` : ''}`)
    process.exitCode = isUsage ? 2 : 1
  }
}

/** Reads the options and the other arguments of a command line. @throws UsageError */
export function readArguments<C extends OptionTable>(
  args: string[],
  options: C,
): { values: OptionValues<C>; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\. To specify a positional.*/s, ''))
  }
}

/** The number of a process, from the command line. @throws UsageError when it is none. */
export function readPid(positionals: readonly string[]): number {
  const [text, ...rest] = positionals
  if (text === undefined) throw new UsageError('expected a process ID; gvent ps lists the processes that use gvent')
  if (rest.length > 0) throw new UsageError(`expected one process, got ${positionals.join(' ')}`)
  const pid = Number(text)
  if (!/^\d+$/.test(text) || pid < 1 || pid > 0x7fffffff)
    throw new UsageError(`expected a process ID, got ${JSON.stringify(text)}`)
  return pid
}

/** Prints a line on stderr: what is done to the process. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Milliseconds, from `5s`, `500ms`, `1m` or a number of seconds. @throws UsageError when it is none of these. */
export function readDuration(text: string, option: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? []
  const milliseconds = Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm']
  if (!(milliseconds > 0))
    throw new UsageError(`${option}: expected a time such as 5s or 500ms, got ${JSON.stringify(text)}`)
  return milliseconds
}
