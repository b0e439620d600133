import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { trace } from 'gvent/console'

/** An event of Chrome's trace format, as a file has it. */
export interface TraceEvent {
  ph: string
  name: string
  pid: number
  tid: number
  ts: number
  cat?: string
  dur?: number
  id?: string | number
  bp?: string
  s?: string
  args?: Record<string, unknown>
}

interface Slice {
  begin: number
  end: number
}

/** Records what a program does into a file. */
export async function recordTo(
  output: string,
  program: () => PromiseLike<unknown>,
  options: Parameters<typeof trace.start>[0] = {},
): Promise<TraceEvent[]> {
  trace.start(options)
  try {
    await program()
  } finally {
    await trace.stop(output)
  }
  return readTrace(output)
}

/** What tracks ran and waited for, without the times when they were ready. */
export function statesOf(events: readonly TraceEvent[], track: RegExp): string[] {
  return slicesOf(events, track).filter((name) => name !== 'ready')
}

/** Reads a trace, and checks that it is one which Perfetto draws whole. */
export function readTrace(file: string): TraceEvent[] {
  const bytes = readFileSync(file)
  const { traceEvents } = JSON.parse(String(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)) as {
    traceEvents: TraceEvent[]
  }
  checkTrace(traceEvents)
  return traceEvents
}

/** Checks every rule by which an importer drops events. */
export function checkTrace(events: readonly TraceEvent[]): void {
  const names = new Set<string>()
  const slices = new Map<string, Slice[]>()
  for (const event of events) {
    checkEvent(event)
    const track = trackOf(event)
    if (event.ph === 'M' && event.name === 'thread_name') {
      assert.ok(!names.has(track), `track ${track} has two names`)
      names.add(track)
    }
    if (event.ph === 'X') {
      const slice = { begin: nanos(event.ts), end: nanos(event.ts) + nanos(event.dur!) }
      const list = slices.get(track)
      if (list === undefined) slices.set(track, [slice])
      else list.push(slice)
    }
  }
  for (const event of events) {
    if (event.ph !== 'M') assert.ok(names.has(trackOf(event)), `the track of ${JSON.stringify(event)} has no name`)
  }
  for (const [track, list] of slices) checkNesting(track, list)
  checkArrows(events, slices)
  checkSpans(events)
}

const FIELDS: Record<string, string[]> = {
  M: ['args'],
  X: ['ts', 'dur', 'cat'],
  b: ['ts', 'id', 'cat'],
  e: ['ts', 'id', 'cat'],
  s: ['ts', 'id', 'cat'],
  f: ['ts', 'id', 'cat', 'bp'],
  i: ['ts', 's'],
  C: ['ts', 'args'],
}

function checkEvent(event: TraceEvent): void {
  const text = JSON.stringify(event)
  assert.ok(event.ph in FIELDS, `unknown phase: ${text}`)
  for (const field of FIELDS[event.ph]!) assert.ok(field in event, `${field} is missing: ${text}`)
  assert.ok(typeof event.name === 'string' && event.name !== '', `no name: ${text}`)
  assert.ok(Number.isInteger(event.pid) && Number.isInteger(event.tid), `no track: ${text}`)
  assert.ok(event.ts >= 0 && Number.isFinite(event.ts), `no time: ${text}`)
  if (event.ph === 'X') assert.ok(event.dur! >= 0, `negative: ${text}`)
  if (event.ph === 'C') {
    for (const value of Object.values(event.args!)) assert.ok(Number.isFinite(value), `no number: ${text}`)
  }
  if (event.ph === 'f') assert.equal(event.bp, 'e', text)
}

// An importer keeps a stack for each track, and drops what reaches over the end of what is below.
function checkNesting(track: string, list: Slice[]): void {
  const stack: Slice[] = []
  for (const slice of list.sort((one, other) => one.begin - other.begin || other.end - one.end)) {
    while (stack.length > 0 && stack.at(-1)!.end <= slice.begin) stack.pop()
    if (stack.length > 0) assert.ok(slice.end <= stack.at(-1)!.end, `slices of track ${track} overlap`)
    stack.push(slice)
  }
}

function checkArrows(events: readonly TraceEvent[], slices: Map<string, Slice[]>): void {
  const starts = new Map<string, TraceEvent>()
  const liesInSlice = (event: TraceEvent): boolean => {
    const time = nanos(event.ts)
    const list = slices.get(trackOf(event)) ?? []
    // The last that begins no later; those on a track come one after the other.
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (list[middle]!.begin <= time) low = middle + 1
      else high = middle
    }
    for (let index = low - 1; index >= 0 && index >= low - 4; index--) if (list[index]!.end >= time) return true
    return false
  }
  for (const event of events.filter(({ ph }) => ph === 's')) {
    assert.ok(!starts.has(keyOf(event)), `two arrows are called ${keyOf(event)}`)
    starts.set(keyOf(event), event)
    assert.ok(liesInSlice(event), `an arrow comes from nowhere: ${JSON.stringify(event)}`)
  }
  for (const event of events.filter(({ ph }) => ph === 'f')) {
    const start = starts.get(keyOf(event))
    assert.ok(start !== undefined, `an arrow without a beginning: ${JSON.stringify(event)}`)
    assert.ok(start.ts <= event.ts, `an arrow into the past: ${JSON.stringify(event)}`)
    assert.ok(liesInSlice(event), `an arrow leads nowhere: ${JSON.stringify(event)}`)
    starts.delete(keyOf(event))
  }
  assert.equal(starts.size, 0, 'arrows without an end')
}

function checkSpans(events: readonly TraceEvent[]): void {
  const open = new Map<string, TraceEvent>()
  for (const event of events) {
    if (event.ph === 'b') {
      assert.ok(!open.has(keyOf(event)), `a span begins twice: ${JSON.stringify(event)}`)
      open.set(keyOf(event), event)
    } else if (event.ph === 'e') {
      assert.ok(open.delete(keyOf(event)), `a span ends that has not begun: ${JSON.stringify(event)}`)
    }
  }
  assert.deepEqual([...open.values()], [], 'spans without an end')
}

function trackOf({ pid, tid }: TraceEvent): string {
  return `${pid}/${tid}`
}

function keyOf({ cat, id }: TraceEvent): string {
  return `${cat} ${id}`
}

function nanos(micros: number): number {
  return Math.round(micros * 1000)
}

/** The names of the tracks, by their numbers. */
export function tracksOf(events: readonly TraceEvent[]): Map<number, string> {
  return new Map(
    events
      .filter(({ ph, name }) => ph === 'M' && name === 'thread_name')
      .map(({ tid, args }) => [tid, String(args!['name'])]),
  )
}

/** The slices of one track, as `name` in order. */
export function slicesOf(events: readonly TraceEvent[], track: RegExp): string[] {
  const names = tracksOf(events)
  return events
    .filter(({ ph, tid }) => ph === 'X' && track.test(names.get(tid) ?? ''))
    .sort((one, other) => one.ts - other.ts)
    .map(({ name }) => name)
}
