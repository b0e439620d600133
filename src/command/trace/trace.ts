import { resolve } from 'node:path'
import { AttachError, type Connection } from '../../console/attach/connection.js'
import { WatchedThreads } from '../../console/attach/watched-threads.js'
import { idleSteps } from '../../io/observing/recording/idle-steps.js'
import { unpackRecording, type PackedRecording } from '../../io/observing/recording/recording.js'
import { CAPACITY } from '../../io/observing/recording/recorder.js'
import { Ring } from '../../io/observing/recording/ring.js'
import { writeTrace, type TraceSummary } from '../../io/observing/recording/trace-file.js'
import { readDuration, readPid, runCommand, say, UsageError } from '../run-command.js'

const HELP = `Usage: gvent trace [options] PID

Records what the greenlets of a process do, and writes a trace that https://ui.perfetto.dev draws: when each greenlet ran,
what it waited for, who woke it, kills, timeouts, requests. Worker threads and the workers of a cluster are
included. Ctrl-C ends the recording early.

  --for TIME      how long to record, such as 5s or 500ms; 5s unless given
  --output FILE   where to write it, with gzip when it ends in .gz; gvent-PID.trace.json unless given
  --events N      how many events to keep, the latest: 262144 unless given, at most 1048576; each takes 32 bytes
  --no-signal     do not send SIGUSR1 to open the inspector
`

const DEFAULT = '5s'
/** Time after which the process ends a recording that was not fetched, in milliseconds. */
const PATIENCE = 60_000
/** Time limit for an answer, in milliseconds: a blocked thread gives none. */
const ANSWER = 10_000

/** `gvent trace`. */
export function trace(args: string[]): Promise<void> {
  const options = {
    for: { type: 'string' },
    output: { type: 'string' },
    events: { type: 'string' },
    'no-signal': { type: 'boolean' },
  } as const
  return runCommand('trace', HELP, args, options, async (values, positionals) => {
    const milliseconds = readDuration(values.for ?? DEFAULT, '--for')
    const events = readEvents(values.events ?? String(CAPACITY))
    const pid = readPid(positionals)
    const output = values.output ?? `gvent-${pid}.trace.json`
    const threads = await WatchedThreads.open(pid, { signal: values['no-signal'] !== true, lasts: true, say })
    try {
      const recorded = await record(threads, milliseconds, events)
      if (recorded.length === 0) throw new AttachError(`process ${pid} has ended the recording by itself`)
      for (const each of recorded)
        for (const { code, text } of idleSteps(unpackRecording(each))) process.stdout.write(`! ${text}  [${code}]\n`)
      const { events: written, tracks, milliseconds: covered } = await write(output, recorded)
      process.stdout.write(
        `${resolve(output)}: ${(covered / 1000).toFixed(2)} s, ${written.toLocaleString('en-US')} events on ` +
          `${tracks.toLocaleString('en-US')} tracks; https://ui.perfetto.dev opens it\n`,
      )
      if (covered < milliseconds / 2)
        say('gvent: the buffer was full, so the trace has only the last part; --events N keeps more')
    } finally {
      await threads.close()
    }
  })
}

/** Records all threads that use gvent at the same time. One that does not answer is left out, unless it is the main one. */
async function record(threads: WatchedThreads, milliseconds: number, events: number): Promise<PackedRecording[]> {
  const recording = { milliseconds: milliseconds + PATIENCE, events }
  const [first, rest] = await threads.each((thread) => begin(thread, recording))
  await pause(milliseconds)
  const [main, ...others] = await Promise.all([first(), ...rest.map((fetch) => fetch())])
  return main === null ? [] : [main, ...others.filter((each) => each !== null)]
}

/** Begins to record a thread. @returns what fetches the recording. */
async function begin(
  thread: Pick<Connection, 'ask'>,
  recording: { readonly milliseconds: number; readonly events: number },
): Promise<() => Promise<PackedRecording | null>> {
  await thread.ask('load', undefined, ANSWER)
  const number = await thread.ask('record', recording, ANSWER)
  return () => thread.ask('recorded', number) as Promise<PackedRecording | null>
}

function readEvents(text: string): number {
  const events = Number(text)
  if (!/^\d+$/.test(text) || events < 1 || events > Ring.most)
    throw new UsageError(`--events: expected a number from 1 to ${Ring.most}, got ${JSON.stringify(text)}`)
  return 2 ** Math.ceil(Math.log2(events))
}

/** Waits, or until Ctrl-C. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer)
      process.off('SIGINT', end)
      done()
    }
    const timer = setTimeout(end, milliseconds)
    process.on('SIGINT', end)
  })
}

async function write(output: string, recorded: readonly PackedRecording[]): Promise<TraceSummary> {
  try {
    return await writeTrace(output, recorded.map(unpackRecording))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw new AttachError((error as Error).message)
  }
}
