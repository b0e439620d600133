import { attach } from '../../console/attach/attach.js'
import { PageServer } from '../../console/page/page-server.js'
import { run } from '../../scheduler/groups/run.js'
import '../../io/index.js'
import { readPid, runCommand, say, UsageError } from '../run-command.js'

const HELP = `Usage: gvent console [options] PID

Serves a page that shows a running process (what jams, who waits for whom, groups, the tree, each greenlet with its
stack) and prints its address. The address contains a secret and works on this machine only. Ctrl-C ends it.

  --port PORT   the port on 127.0.0.1; any free one unless given
  --all         dump every greenlet; by default, above 1,000 of them, one stack per group. The process pauses
                for about a second per 100,000 greenlets
  --no-signal   do not send SIGUSR1 to open the inspector
`

/** `gvent console`. */
export function console(args: string[]): Promise<void> {
  const options = { port: { type: 'string' }, all: { type: 'boolean' }, 'no-signal': { type: 'boolean' } } as const
  return runCommand('console', HELP, args, options, async (values, positionals) => {
    const pid = readPid(positionals)
    const port = readPort(values.port)
    const connection = await attach(pid, { signal: values['no-signal'] !== true, lasts: true, say })
    const server = new PageServer(connection, { port, all: values.all })
    await run(function* () {
      try {
        yield* server.start()
        process.stdout.write(`${server.url}\n`)
        const reason = yield* server.untilEnded()
        say(`gvent console: process ${pid}: ${reason}`)
      } finally {
        yield* server.stop()
      }
    })
  })
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new UsageError(`--port: expected a port, got ${JSON.stringify(text)}`)
  return port
}
