import { attach, type Presence } from '../../console/attach/attach.js'
import { AttachError } from '../../console/attach/connection.js'
import {
  evidenceOfGvent,
  hasProc,
  isNode,
  mainScript,
  ownProcesses,
  type SystemProcess,
} from '../../console/attach/processes.js'
import { EXAMPLE_PATH } from '../../io/node/pipe-name.js'
import { columns } from '../columns.js'
import { runCommand, say, UsageError } from '../run-command.js'

const HELP = `Usage: gvent ps [--ask] [--json]

Lists the processes of this user that use gvent, without sending a signal to any of them.

  --ask    ask each how many greenlets are alive; this may send SIGUSR1
  --json   one JSON object per line
`

const NO_PROC =
  'this system has no /proc, so processes cannot be listed; npx gvent dump PID asks one that was started with the same ' +
  `GVENT_CONSOLE=${EXAMPLE_PATH} as the command`

/** `gvent ps`. */
export function ps(args: string[]): Promise<void> {
  return runCommand('ps', HELP, args, { ask: { type: 'boolean' }, json: { type: 'boolean' } }, async (values, rest) => {
    if (rest.length > 0) throw new UsageError(`unexpected ${JSON.stringify(rest[0])}`)
    if (!hasProc) throw new AttachError(NO_PROC)
    const found = ownProcesses()
      .filter(isNode)
      .map((each) => ({ each, evidence: evidenceOfGvent(each) }))
      .filter(({ evidence }) => evidence !== '')
    const rows = []
    // One after the other: all open their inspectors on the same port.
    for (const { each, evidence } of found) {
      const answer = values.ask === true ? await ask(each.pid) : undefined
      rows.push({ pid: each.pid, command: commandOf(each), evidence, ...answer })
    }
    if (values.json === true) process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    else process.stdout.write(rows.length === 0 ? 'No process of this user uses gvent.\n' : table(rows))
  })
}

interface Answer {
  node?: string
  alive?: number
  up?: number
  problem?: string
}

async function ask(pid: number): Promise<Answer> {
  try {
    const connection = await attach(pid, { signal: true, lasts: false, say })
    try {
      const { node, alive, up } = (await connection.ask('presence', undefined, 5000)) as Presence
      return { node, alive, up: Math.round(up) }
    } finally {
      await connection.close()
    }
  } catch (error) {
    if (error instanceof AttachError) return { problem: error.message }
    throw error
  }
}

function commandOf(each: SystemProcess): string {
  const script = mainScript(each)
  return script === '' ? each.command.join(' ').slice(0, 200) : script
}

function table(rows: ({ pid: number; command: string; evidence: string } & Answer)[]): string {
  const asked = rows.some(({ node, problem }) => node !== undefined || problem !== undefined)
  const lines = rows.map(({ pid, command, evidence, node, alive, up, problem }) =>
    asked
      ? [
          String(pid),
          node ?? '-',
          alive === undefined ? '-' : String(alive),
          up === undefined ? '-' : `${up} s`,
          command,
          problem ?? '',
        ]
      : [String(pid), command, evidence],
  )
  const head = asked ? ['PID', 'NODE', 'ALIVE', 'UP', 'PROGRAM', ''] : ['PID', 'PROGRAM', 'WHY']
  return columns([head, ...lines])
}
