import { readFileSync } from 'node:fs'
import { UsageError } from '../usage-error.js'

/** The lines of `--help` about the engine, for all commands that take one. */
export const ENGINES_HELP = `\
  --engine URL   where the jobs are:
                   redis://host:6379        with ioredis or redis of this project
                   postgres://user@host/db  with pg
                   nats://host:4222         with nats
                   amqp://host:5672         with amqplib
                   bullmq://host:6379       with bullmq
                   sqlite:jobs.db           with Node from 22.13 on
                 by default $GVENT_ENGINE
  --engine-file FILE
                 a file with such a line; --engine @FILE is the same.
                 Put passwords in one of these two: other users can see the
                 command line`

/** The options that say where the engine is. */
interface EngineValues {
  readonly engine?: string | undefined
  readonly 'engine-file'?: string | undefined
}

/**
 * Reads where the engine is: from the command line, a file or the environment.
 *
 * @param option what the option is called, for messages.
 * @throws UsageError when nothing says it, it is no address, or the command line has a password.
 */
export function readEngine(
  { engine, 'engine-file': file }: EngineValues,
  { GVENT_ENGINE }: NodeJS.ProcessEnv,
  option = '--engine',
): URL {
  if (engine !== undefined && file !== undefined) throw new UsageError(`write ${option} or --engine-file`)
  if (file !== undefined) return parse(readFirstLine('--engine-file ', file), `--engine-file ${file}`)
  if (engine?.startsWith('@')) return parse(readFirstLine(`${option} @`, engine.slice(1)), `${option} ${engine}`)
  if (engine !== undefined) return withoutSecrets(parse(engine, option), option)
  if (GVENT_ENGINE !== undefined && GVENT_ENGINE !== '') return parse(GVENT_ENGINE, '$GVENT_ENGINE')
  throw new UsageError(`no engine given; write ${option} redis://localhost, or set GVENT_ENGINE`)
}

/** Describes where an engine is, without names and passwords. */
export function placeOf({ protocol, host, pathname }: URL): string {
  return protocol === 'sqlite:' ? `sqlite:${decodeURIComponent(pathname)}` : `${protocol}//${host}`
}

/** Describes an error of an engine: one that cannot be reached says so in an error for each address. */
export function describeEngineError(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describeEngineError).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function parse(text: string, where: string): URL {
  try {
    return new URL(text)
  } catch {
    // What is no address may have a password nevertheless.
    const shown = text.includes('@') ? '' : `, got ${JSON.stringify(text)}`
    throw new UsageError(`${where}: expected an address such as redis://localhost${shown}`)
  }
}

function withoutSecrets(url: URL, option: string): URL {
  const isSecret = Array.from(url.searchParams.keys()).some((name) => /pass|secret|token/i.test(name))
  if (url.password === '' && !isSecret) return url
  throw new UsageError(
    `${option}: other users can see a password on the command line; set GVENT_ENGINE, or write --engine-file FILE`,
  )
}

function readFirstLine(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]!.trim()
  } catch (error) {
    throw new UsageError(`${option}${path}: ${(error as Error).message}`)
  }
}
