import { ENGINES_HELP, readEngine } from '../engines/engine-address.js'
import { UsageError, type OptionValues } from '../run-command.js'

/** How `gvent jobs` is used. */
export const help: string = `Usage: gvent jobs <command> [options] [ID...]

Works on the dead letters of gvent/jobs: jobs that no worker receives any more.

  list           show the dead letters, oldest first
  look ID...     show everything known about them: data, error, attempts
  put-back ID... queue them again, with all their attempts
  drop ID...     delete them permanently

Options:
${ENGINES_HELP}
  --name NAME    which queue; 'jobs' by default
  --limit N      list at most N; 100 by default
  --all          with put-back and drop: all of them
  --json         one JSON object per line
  --help, -h

Exit status: 0; 1 if the engine fails or there is no dead letter of an ID; 2 for a mistake in the command line.
`

export const actions = ['list', 'look', 'put-back', 'drop'] as const

/** The task, and its options. */
export interface JobsOptions {
  readonly action: (typeof actions)[number]
  readonly ids: readonly string[]
  readonly engine: URL
  readonly name: string
  readonly limit: number
  readonly all: boolean
  readonly json: boolean
}

/** The options of the command line. */
export const optionTable = {
  engine: { type: 'string' },
  'engine-file': { type: 'string' },
  name: { type: 'string' },
  limit: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** Reads the command line. @throws UsageError */
export function readOptions(
  values: OptionValues<typeof optionTable>,
  positionals: readonly string[],
  environment: NodeJS.ProcessEnv,
): JobsOptions {
  const [action, ...ids] = positionals
  if (action === undefined) throw new UsageError(`write one of ${actions.join(', ')}`)
  if (!isAction(action))
    throw new UsageError(`there is no command ${JSON.stringify(action)}: write one of ${actions.join(', ')}`)
  const { name = 'jobs', limit = '100', all = false, json = false } = values
  if (action === 'list' && (ids.length > 0 || all)) throw new UsageError('list takes no ID; look shows one')
  if (action === 'look' && all) throw new UsageError('list shows all of them')
  if (action !== 'list' && !all && ids.length === 0) throw new UsageError(`${action} needs an ID; list shows them`)
  if (all && ids.length > 0) throw new UsageError('write IDs or --all')
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw new UsageError(`--limit ${limit}: expected a whole number from 1`)
  return { action, ids, engine: readEngine(values, environment), name, limit: Number(limit), all, json }
}

function isAction(text: string): text is JobsOptions['action'] {
  return (actions as readonly string[]).includes(text)
}
