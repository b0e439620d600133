import { attach, isBlocked, type Presence } from '../../console/attach/attach.js'
import { clusterWorkersOf } from '../../console/attach/cluster-workers.js'
import { AttachError, type Connection } from '../../console/attach/connection.js'
import { UNLOADED } from '../../io/observing/questions.js'
import { hideSecrets } from '../../io/diagnostics/hide-secrets.js'
import { readPid, runCommand, say, UsageError } from '../run-command.js'

/** Above so many greenlets there is one stack for each group, unless all are wanted. */
const GROUPED_ABOVE = 1000

const HELP = `Usage: gvent dump [options] PID

Prints every greenlet of a process: what it waits for, who holds that, and the stack where it is parked. On a process that
is blocked in a loop, the stack where it hangs, too. Worker threads and the workers of a cluster are included.

  --groups      one stack for each group of greenlets; the default above ${GROUPED_ABOVE.toLocaleString('en-US')} of them
  --all         each greenlet, however many; says on stderr what that costs
  --no-signal   do not send SIGUSR1 to open the inspector
`

const ANSWER = 60_000
/** Milliseconds for one stack. */
const STACK_COST = 0.01

/** `gvent dump`. */
export function dump(args: string[]): Promise<void> {
  const options = { groups: { type: 'boolean' }, all: { type: 'boolean' }, 'no-signal': { type: 'boolean' } } as const
  return runCommand('dump', HELP, args, options, async (values, positionals) => {
    if (values.all === true && values.groups === true) throw new UsageError('--all and --groups cannot be combined')
    const pid = readPid(positionals)
    const form = values.all === true ? 'all' : values.groups === true ? 'groups' : 'fitting'
    const signal = values['no-signal'] !== true
    process.stdout.write(`${(await dumpProcess(pid, form, signal)).join('\n\n')}\n`)
    for (const worker of clusterWorkersOf(pid)) {
      const texts = await dumpProcess(worker, form, signal).catch((error: unknown) => {
        if (error instanceof AttachError) return [`[cluster worker ${worker}] ${error.message}`]
        throw error
      })
      process.stdout.write(`\n[cluster worker] ${texts.join('\n\n')}\n`)
    }
  })
}

type Form = 'all' | 'groups' | 'fitting'

async function dumpProcess(pid: number, form: Form, signal: boolean): Promise<string[]> {
  const connection = await attach(pid, { signal, lasts: false, say })
  try {
    const texts = [await describe(pid, connection, form)]
    for (const worker of await connection.threads()) {
      const { copies } = (await worker.ask('presence', undefined, ANSWER)) as Presence
      if (copies > 0) texts.push(`${worker.title} ${await describe(pid, worker, form)}`)
    }
    return texts
  } finally {
    await connection.close()
  }
}

async function describe(pid: number, connection: Pick<Connection, 'ask'>, form: Form): Promise<string> {
  const blocked = await isBlocked(connection)
  const presence = (await connection.ask('presence', undefined, ANSWER)) as Presence
  // Not the number by which it knows itself: in a container that is another one.
  const { node, up, alive, running, stack } = presence
  const lines = [
    `${pid}, Node ${node}, up ${up.toFixed(1)} s, ${alive.toLocaleString('en-US')} ${alive === 1 ? 'greenlet' : 'greenlets'} alive`,
  ]
  if (blocked) {
    const who = running === '' ? 'code outside of greenlets' : hideSecrets(running)
    lines.push(`Blocked: ${who} is running and does not yield, here:`, hideSecrets(stack.join('\n')))
  }
  const isGrouped = form === 'groups' || (form === 'fitting' && alive > GROUPED_ABOVE)
  const groups = isGrouped ? await groupsOf(connection, blocked) : undefined
  if (groups !== undefined) {
    lines.push(groups)
    if (form === 'fitting') lines.push(`(one stack a group; gvent dump --all ${pid} prints all)`)
    return lines.join('\n')
  }
  if (isGrouped) say(`gvent: process ${pid} is blocked and cannot group its greenlets, so all of them are printed`)
  else if (alive > GROUPED_ABOVE)
    say(
      `gvent: ${alive.toLocaleString('en-US')} stacks hold process ${pid} up for about ${((alive * STACK_COST) / 1000).toFixed(2)} s`,
    )
  const dumps = (await connection.ask('dump', undefined, ANSWER)) as string[]
  const shown = dumps.filter((text) => text !== '')
  lines.push(...shown.map((text, index) => (shown.length > 1 ? `[copy ${index + 1} of gvent]\n${text}` : text)))
  return lines.join('\n')
}

async function groupsOf(connection: Pick<Connection, 'ask'>, blocked: boolean): Promise<string | undefined> {
  if (!blocked) await connection.ask('load', undefined, ANSWER)
  const text = (await connection.ask('groups', undefined, ANSWER)) as string
  return text === UNLOADED ? undefined : text
}
