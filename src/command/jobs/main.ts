import { run, until, type Coroutine } from '../../scheduler/index.js'
import '../../io/index.js'
import type { DeadLetter, DeadLetters } from '../../jobs/index.js'
import { columns } from '../columns.js'
import { namingEngine } from '../engines/engine-error.js'
import { openEngine } from '../engines/open-engine.js'
import { runCommand } from '../run-command.js'
import { help, optionTable, readOptions, type JobsOptions } from './options.js'

/** Runs `gvent jobs`. */
export function main(args: string[]): Promise<void> {
  return runCommand('jobs', help, args, optionTable, async (values, positionals) => {
    const options = readOptions(values, positionals, process.env)
    await namingEngine(options.engine, () => run(() => act(options)))
  })
}

function* act(options: JobsOptions): Coroutine<void> {
  const engine = yield* until(openEngine(options.engine))
  try {
    const dead = engine.dead(options.name)
    if (options.action === 'list') yield* list(dead, options)
    else if (options.action === 'look') yield* look(dead, options)
    else yield* change(dead, options, options.action)
  } finally {
    yield* until(engine.close())
  }
}

function* list(dead: DeadLetters, { limit, json, name }: JobsOptions): Coroutine<void> {
  // One more, to know whether there are more.
  const letters = yield* dead.list(limit + 1)
  const shown = letters.slice(0, limit)
  if (json) return writeJson(shown)
  if (shown.length === 0) {
    process.stdout.write(`no dead letters in ${name}\n`)
    return
  }
  const rows = shown.map(({ id, attempt, at, error }) => [id, String(attempt), at.toISOString(), error.split('\n')[0]!])
  const cells = rows.map((row) => row.map((cell) => printable(cell).replace(/[\t\n]/g, '\u{fffd}')))
  process.stdout.write(columns([['ID', 'ATTEMPTS', 'DIED', 'ERROR'], ...cells]))
  if (letters.length > limit) process.stderr.write(`there are more; --limit ${limit * 10} shows them\n`)
}

function* look(dead: DeadLetters, { ids, json }: JobsOptions): Coroutine<void> {
  for (const id of ids) {
    const letter = yield* dead.look(id)
    if (letter === undefined) missing(id)
    else if (json) writeJson([letter])
    else {
      const { attempt, at, data, error } = letter
      const text = JSON.stringify(data, undefined, 2)
      process.stdout.write(
        `${printable(id)}: dead since ${at.toISOString()}, after ${attempt} attempts\n${text}\n${printable(error)}\n`,
      )
    }
  }
}

function* change(dead: DeadLetters, { ids, all }: JobsOptions, action: 'put-back' | 'drop'): Coroutine<void> {
  const one = (id: string): ReturnType<DeadLetters['drop']> => (action === 'drop' ? dead.drop(id) : dead.putBack(id))
  let count = 0
  for (const id of ids) {
    if (yield* one(id)) count++
    else missing(id)
  }
  while (all) {
    const letters = yield* dead.list(1000)
    const before = count
    for (const { id } of letters) if (yield* one(id)) count++
    if (process.stderr.isTTY) process.stderr.write(`\r${count}`)
    if (count === before) break
  }
  process.stdout.write(`${action === 'drop' ? 'dropped' : 'put back'}: ${count}\n`)
}

function missing(id: string): void {
  process.stderr.write(`gvent jobs: there is no dead letter ${JSON.stringify(id)}\n`)
  process.exitCode = 1
}

function writeJson(letters: readonly DeadLetter[]): void {
  process.stdout.write(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''))
}

/** Without what would move a terminal's cursor: ids and errors come from elsewhere. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u{fffd}')
}
