import { attach } from '../../console/attach/attach.js'
import { Reader, type Reading } from '../../console/reader.js'
import { readPid, runCommand, say, UsageError } from '../run-command.js'
import { renderTop } from './render.js'

const HELP = `Usage: gvent top [options] PID

Shows the greenlets of a process by groups: how many are alive, which run, and what they wait for.

  --once        print it once, after a second of sampling
  --json        with --once: the snapshot, as JSON
  --no-signal   do not send SIGUSR1 to open the inspector

Keys: q ends it, space holds the picture and lets it go on.
`

const SECOND = 1000

/** `gvent top`. */
export function top(args: string[]): Promise<void> {
  const options = { once: { type: 'boolean' }, json: { type: 'boolean' }, 'no-signal': { type: 'boolean' } } as const
  return runCommand('top', HELP, args, options, async (values, positionals) => {
    const once = values.once === true
    if (values.json === true && !once) throw new UsageError('--json goes with --once')
    const pid = readPid(positionals)
    if (!once && !process.stdout.isTTY) throw new UsageError('the output is no terminal: add --once')
    const connection = await attach(pid, { signal: values['no-signal'] !== true, lasts: true, say })
    try {
      const reader = new Reader(connection)
      if (!once) await follow(reader)
      else {
        const reading = await reader.read(SECOND)
        const width = process.stdout.isTTY ? process.stdout.columns : 120
        process.stdout.write(
          values.json === true ? `${JSON.stringify(reading)}\n` : renderTop(reading, width, Infinity),
        )
      }
    } finally {
      await connection.close()
    }
  })
}

/** Draws a picture a second until `q` or Ctrl-C. */
async function follow(reader: Reader): Promise<void> {
  const { stdin, stdout } = process
  let ended = false
  let held = false
  const onKey = (key: string): void => {
    if (key === 'q' || key === '\u0003') ended = true
    else if (key === ' ') held = !held
  }
  const isRaw = stdin.isTTY
  if (isRaw) stdin.setRawMode(true)
  stdin.setEncoding('utf8').on('data', onKey)
  // The other screen, without the cursor: what was in the terminal comes back at the end.
  stdout.write('\u001b[?1049h\u001b[?25l')
  try {
    while (!isOver()) {
      const reading: Reading = await reader.read(SECOND)
      if (held) continue
      stdout.write(`\u001b[H\u001b[J${renderTop(reading, stdout.columns, stdout.rows - 1)}`)
    }
  } finally {
    stdout.write('\u001b[?25h\u001b[?1049l')
    stdin.off('data', onKey).pause()
    if (isRaw) stdin.setRawMode(false)
  }

  function isOver(): boolean {
    return ended
  }
}
