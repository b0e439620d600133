import { AttachError, NoAnswerError } from '../../console/attach/connection.js'
import { WatchedThreads, type WatchedThread } from '../../console/attach/watched-threads.js'
import { Reader, type Reading } from '../../console/reader.js'
import { readDuration, readPid, runCommand, say, UsageError } from '../run-command.js'
import { renderTop } from './render.js'
import { Screen } from './screen.js'
import { View } from './view.js'

const HELP = `Usage: gvent top [options] PID

Shows the greenlets of a process by groups: how many are alive, which run, and what they wait for. Worker threads and the
workers of a cluster are included: n goes to the next one, and --once prints them one after the other.

  --once        print it once, after a second of sampling
  --for TIME    with --once: sample for that long, such as 15s; what only grows is found in ten seconds
  --json        with --once: the snapshot, as JSON
  --no-signal   do not send SIGUSR1 to open the inspector

Keys, as in htop: q ends it; Tab goes to the next table (groups, longest waits, busiest, servers and queues and locks with
their numbers, all greenlets, the tree); Enter opens a greenlet with its stack, who spawned it and who waits for it; / filters,
< and > sort, I inverts, n goes to the next thread, space holds the picture, ? lists all keys.
`

const SECOND = 1000

/** `gvent top`. */
export function top(args: string[]): Promise<void> {
  const options = {
    once: { type: 'boolean' },
    for: { type: 'string' },
    json: { type: 'boolean' },
    'no-signal': { type: 'boolean' },
  } as const
  return runCommand('top', HELP, args, options, async (values, positionals) => {
    const once = values.once === true
    if (values.json === true && !once) throw new UsageError('--json goes with --once')
    if (values.for !== undefined && !once) throw new UsageError('--for goes with --once')
    const milliseconds = readDuration(values.for ?? '1s', '--for')
    const pid = readPid(positionals)
    if (!once && !process.stdout.isTTY) throw new UsageError('the output is not a terminal: add --once')
    const view = new View()
    const threads = await WatchedThreads.open(pid, {
      signal: values['no-signal'] !== true,
      lasts: true,
      say: (line) => {
        if (view.isShown) view.message = line
        else say(line)
      },
    })
    try {
      if (!once) await follow(threads, view)
      else await printOnce(threads, milliseconds, values.json === true)
    } finally {
      await threads.close()
    }
  })
}

/** Prints all threads, as they stand at the same time. */
async function printOnce(threads: WatchedThreads, milliseconds: number, asJSON: boolean): Promise<void> {
  const [main, others] = await threads.each((thread) => readFor(milliseconds, thread))
  const width = process.stdout.isTTY ? process.stdout.columns : 120
  if (asJSON) process.stdout.write(`${JSON.stringify({ ...main, threads: others })}\n`)
  else process.stdout.write([main, ...others].map((reading) => renderTop(reading, width)).join('\n'))
}

async function readFor(milliseconds: number, thread: WatchedThread): Promise<Reading> {
  const reader = new Reader(thread)
  const end = performance.now() + milliseconds
  for (;;) {
    const left = Math.max(0, end - performance.now())
    const reading = await read(thread, reader, Math.min(SECOND, left))
    if (left <= SECOND) return reading
  }
}

// Under the number by which it was asked for: in a container it knows itself by another one.
async function read({ pid }: WatchedThread, reader: Reader, milliseconds = SECOND): Promise<Reading> {
  return { ...(await reader.read(milliseconds)), pid }
}

/** Draws a picture a second until `q`, Ctrl-C, or the end of the process. */
async function follow(threads: WatchedThreads, view: View): Promise<void> {
  const screen = new Screen()
  const { main } = threads
  let [shown] = await threads.list()
  let reader = new Reader(shown!)
  const show = (thread: WatchedThread): void => {
    shown = thread
    reader = new Reader(thread)
    view.show(thread)
  }
  show(shown!)
  view.onNext = async () => {
    const list = await threads.list()
    const index = list.findIndex(({ pid, title }) => pid === shown!.pid && title === shown!.title)
    if (list.length === 1) view.message = 'this process has one thread that uses gvent'
    show(list[(index + 1) % list.length]!)
  }
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
      const thread = shown!
      try {
        const reading = await read(thread, reader)
        if (thread === shown) view.take(reading)
      } catch (error) {
        if (thread !== shown) continue
        // A worker that has ended leaves the others.
        if (!(error instanceof NoAnswerError) && thread.title !== 'main') await view.onNext()
        else if (!(error instanceof NoAnswerError)) throw error
        view.message = (error as Error).message
        draw()
      }
    }
  }
  screen.open()
  view.isShown = true
  draw()
  try {
    const reading = readOn().catch(async (error: unknown) => {
      // Which of the two is noticed first is chance.
      if (error instanceof AttachError) return main.ended
      throw error
    })
    const end = await Promise.race([quit, screen.interrupted, main.ended, reading])
    screen.close()
    if (typeof end === 'number') process.exitCode = end
    else if (typeof end === 'string') say(`gvent top: the process is gone: ${end}`)
  } finally {
    isOver = true
    view.isShown = false
    screen.close()
  }
}
