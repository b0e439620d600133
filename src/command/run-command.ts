import { parseArgs, type ParseArgsConfig } from 'node:util'
import { AttachError } from '../console/attach/connection.js'
import { UsageError } from './usage-error.js'

export { UsageError }

/**
 * Runs a command: `--help` prints `help`; a mistake in the arguments is one line and status 2; a process that cannot be
 * looked into is one line and status 1.
 */
export async function runCommand<C extends NonNullable<ParseArgsConfig['options']>>(
  name: string,
  help: string,
  args: string[],
  options: C,
  run: (
    values: ReturnType<typeof parseArgs<{ options: C; allowPositionals: true }>>['values'],
    positionals: string[],
  ) => Promise<void>,
): Promise<void> {
  try {
    const parsed = parse(args, { ...options, help: { type: 'boolean', short: 'h' } })
    if ((parsed.values as { help?: boolean }).help === true) {
      process.stdout.write(help)
      return
    }
    await run(parsed.values as never, parsed.positionals)
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`gvent ${name}: ${error.message}\nRun gvent ${name} --help for usage.\n`)
      process.exitCode = 2
    } else if (error instanceof AttachError) {
      process.stderr.write(`gvent ${name}: ${error.message}\n`)
      process.exitCode = 1
    } else throw error
  }
}

function parse(args: string[], options: NonNullable<ParseArgsConfig['options']>): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0])
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
