import { attach } from '../../console/attach/attach.js'
import { AttachError, NoAnswerError, type Connection } from '../../console/attach/connection.js'
import { Reader } from '../../console/reader.js'
import { readPid, runCommand, say, UsageError } from '../run-command.js'
import { renderTop } from './render.js'
import { Screen } from './screen.js'
import { View } from './view.js'

const HELP = `Usage: gvent top [options] PID

Shows the greenlets of a process by groups: how many are alive, which run, and what they wait for.

  --once        print it once, after a second of sampling
  --json        with --once: the snapshot, as JSON
  --no-signal   do not send SIGUSR1 to open the inspector

Keys, as in htop: q ends it; Tab goes to the next table (groups, longest waits, busiest, servers and queues and locks with
their numbers, all greenlets, the tree); Enter opens a greenlet with its stack, who spawned it and who waits for it; / filters,
< and > sort, I inverts, space holds the picture, ? lists all keys.
`

const SECOND = 1000

/** `gvent top`. */
export function top(args: string[]): Promise<void> {
  const options = { once: { type: 'boolean' }, json: { type: 'boolean' }, 'no-signal': { type: 'boolean' } } as const
  return runCommand('top', HELP, args, options, async (values, positionals) => {
    const once = values.once === true
    if (values.json === true && !once) throw new UsageError('--json goes with --once')
    const pid = readPid(positionals)
    if (!once && !process.stdout.isTTY) throw new UsageError('the output is not a terminal: add --once')
    const connection = await attach(pid, { signal: values['no-signal'] !== true, lasts: true, say })
    try {
      const reader = new Reader(connection)
      if (!once) await follow(connection, reader)
      else {
        const reading = await reader.read(SECOND)
        const width = process.stdout.isTTY ? process.stdout.columns : 120
        process.stdout.write(values.json === true ? `${JSON.stringify(reading)}\n` : renderTop(reading, width))
      }
    } finally {
      await connection.close()
    }
  })
}

/** Draws a picture a second until `q`, Ctrl-C, or the end of the process. */
async function follow(connection: Connection, reader: Reader): Promise<void> {
  const screen = new Screen()
  const view = new View(connection)
  const draw = (): void => {
    screen.draw(view.lines(screen.width, screen.height))
  }
  screen.onKey = (key) => {
    view.press(key)
  }
  screen.onResize = draw
  view.onChange = draw
  let isOver = false
  const quit = new Promise<undefined>((resolve) => {
    view.onQuit = () => {
      resolve(undefined)
    }
  })
  const readOn = async (): Promise<void> => {
    while (!isOver) {
      try {
        view.take(await reader.read(SECOND))
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error
        view.message = error.message
        draw()
      }
    }
  }
  screen.open()
  draw()
  try {
    const reading = readOn().catch(async (error: unknown) => {
      // Which of the two is noticed first is chance.
      if (error instanceof AttachError) return connection.ended
      throw error
    })
    const end = await Promise.race([quit, screen.interrupted, connection.ended, reading])
    screen.close()
    if (typeof end === 'number') process.exitCode = end
    else if (typeof end === 'string') say(`gvent top: the process is gone: ${end}`)
  } finally {
    isOver = true
    screen.close()
  }
}
