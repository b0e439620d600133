import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { chromeTrace, type TraceEvent } from './chrome-trace.js'
import type { Recording } from './recording.js'

/** So many characters are written at a time. */
const CHUNK = 1 << 16

/** The summary of a trace that was written. */
export interface TraceSummary {
  /** Where it is. */
  readonly output: string
  /** How many events of Chrome's format it has. */
  readonly events: number
  /** How many tracks, that of the hub among them. */
  readonly tracks: number
  /** How much time it covers, in milliseconds. */
  readonly milliseconds: number
}

/** Writes recordings of threads and processes into one file; with gzip when its name ends in `.gz`. */
export async function writeTrace(output: string, recordings: readonly Recording[]): Promise<TraceSummary> {
  const summary = { events: 0, tracks: 0 }
  const text = Readable.from(chunks(chromeTrace(recordings), summary))
  // What a program waits for may be nobody else's business.
  const file = createWriteStream(output, { mode: 0o600 })
  if (output.endsWith('.gz')) await pipeline(text, createGzip(), file)
  else await pipeline(text, file)
  const milliseconds = Math.max(0, ...recordings.map(({ from, to }) => to - from))
  return { output, ...summary, milliseconds }
}

/** The text of a trace, bit by bit. */
export function traceText(recordings: readonly Recording[]): Iterable<string> {
  return chunks(chromeTrace(recordings), { events: 0, tracks: 0 })
}

function* chunks(events: Iterable<TraceEvent>, summary: { events: number; tracks: number }): Generator<string> {
  let text = '{"displayTimeUnit":"ms","traceEvents":['
  for (const event of events) {
    text += summary.events++ === 0 ? '\n' : ',\n'
    text += JSON.stringify(event)
    if (event.ph === 'M' && event.name === 'thread_name') summary.tracks++
    if (text.length < CHUNK) continue
    yield text
    text = ''
  }
  yield `${text}\n]}\n`
}
