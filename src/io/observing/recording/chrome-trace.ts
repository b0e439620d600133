import type { Recording } from './recording.js'
import { EVENT, NEW, readEvents, type RecordedEvent } from './ring.js'
import { HUB_TRACK, Tracks } from './tracks.js'

/** An event of Chrome's trace format. Times are microseconds. */
export interface TraceEvent {
  /** `X` a slice, `b` and `e` a span that others may overlap, `s` and `f` an arrow, `i` a moment, `C` numbers, `M` a name. */
  readonly ph: 'X' | 'b' | 'e' | 's' | 'f' | 'i' | 'C' | 'M'
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly cat?: string
  readonly dur?: number
  readonly id?: string | number
  readonly bp?: 'e'
  readonly s?: 't'
  readonly args?: Readonly<Record<string, unknown>>
}

/** A greenlet while it is followed through a recording. */
interface Followed {
  state: 'waiting' | 'ready' | 'ended'
  /** Since when it is in that. */
  since: number
  /** The thing that it waits for. */
  text: string
  /** The wake that made it ready, while it is. */
  wake: Wake | null
}

interface Wake {
  readonly time: number
  /** The track of the slice from which the arrow comes; -1 while that is not known. */
  track: number
}

/** A slice of the hub in which timers and I/O wake greenlets, up to so many milliseconds before the first. */
const BEFORE_WAKE = 0.001

/** Gives the events of some recordings, for Perfetto or `chrome://tracing`. */
export function* chromeTrace(recordings: readonly Recording[]): Generator<TraceEvent> {
  const start = Math.min(...recordings.map(({ from, epoch }) => from + epoch))
  for (const recording of recordings) {
    const out: TraceEvent[] = []
    const writer = new TraceWriter(recording, start, out)
    for (const event of readEvents(recording.cells)) {
      writer.add(event)
      if (out.length > 0) yield* out.splice(0)
    }
    writer.end()
    yield* out
  }
}

class TraceWriter {
  private readonly tracks: Tracks
  private readonly pid: number
  private readonly followed = new Map<number, Followed>()
  /** The wakes in a step that is not over, by the greenlet that runs it. */
  private readonly wakes = new Map<number, Wake[]>()
  /** Wakes by timers and I/O since the hub did something else. */
  private outside: Wake[] = []
  private hubEnd: number
  private spans = 0
  private arrows = 0
  private ready = 0
  /** Nanoseconds from the beginning of the first recording to that of this one. */
  private readonly offset: number

  constructor(
    private readonly recording: Recording,
    start: number,
    private readonly out: TraceEvent[],
  ) {
    const { pid, thread, title, node, from, epoch } = recording
    this.offset = Math.round((from + epoch - start) * 1e6)
    this.tracks = new Tracks(recording)
    this.hubEnd = from
    // Two threads of one process are two to those who draw them.
    this.pid = thread === 0 ? pid : pid * 100 + thread
    const name = thread === 0 ? title : `${title}, worker ${thread}`
    this.out.push(this.nameOf('process_name', 0, `${name} (Node ${node})`))
    this.out.push(this.nameOf('thread_name', HUB_TRACK, 'hub'), this.nameOf('thread_sort_index', HUB_TRACK, -1))
    for (const id of this.tracks.tracks.keys()) this.out.push(this.nameOf('thread_name', id, this.tracks.titleOf(id)))
  }

  private nameOf(name: string, tid: number, value: string | number): TraceEvent {
    const args = typeof value === 'number' ? { sort_index: value } : { name: value }
    return { ph: 'M', name, pid: this.pid, tid, ts: 0, args }
  }

  /** Takes the next event of the recording. */
  add({ kind, a, b, c, t, u }: RecordedEvent): void {
    const { texts, from } = this.recording
    const text = texts[c]!
    switch (kind) {
      case EVENT.GAVE_WAY:
        this.step(a, t, u, 'ready', '')
        break
      case EVENT.WAITED:
        this.step(a, t, u, 'waiting', text)
        break
      case EVENT.ENDED:
        this.step(a, t, u, 'ended', '')
        break
      case EVENT.WOKEN:
        this.woken(a, b, t, u === NEW)
        break
      case EVENT.KILLED:
        if (t >= from) this.moment(b, t, 'killed', { error: text, by: a === 0 ? undefined : this.tracks.titleOf(a) })
        break
      case EVENT.TIMED_OUT:
        if (t >= from) this.moment(a, t, 'timed out', { error: text })
        break
      case EVENT.TURN:
        this.turn(t, u)
        break
      case EVENT.LOAD:
        if (t < from) break
        this.counter(t, 'alive', a)
        this.counter(t, 'loop delay, ms', Math.round(u * 1000) / 1000)
        break
      case EVENT.REQUEST:
      case EVENT.FETCH:
        this.exchange(kind, a, t, u, text, { status: b })
        break
    }
  }

  /** Draws what was going on when the recording was taken. */
  end(): void {
    const { alive, open, texts, running, began, from, to } = this.recording
    this.hubDidElse()
    if (running !== 0) this.step(running, began, to, 'ready', '')
    for (const { id, waitsFor, since } of alive) {
      if (this.followed.has(id) || since === -1) continue
      this.followed.set(id, { ...fresh(Math.max(since, from)), text: texts[waitsFor]!, state: 'waiting' })
    }
    for (const [id, each] of this.followed) {
      if (each.state !== 'ended' && id !== running) this.leave(id, each, to, { open: true })
    }
    for (const { kind, greenlet, text, began: since } of open) {
      this.exchange(kind, greenlet, since, to, texts[text]!, { open: true })
    }
    for (const { number, title, isShared } of this.tracks.tracks.values()) {
      if (isShared) this.out.push(this.nameOf('thread_name', number, title))
    }
  }

  private step(id: number, began: number, ended: number, state: Followed['state'], text: string): void {
    const { from } = this.recording
    if (ended < from) {
      this.followed.set(id, { ...fresh(from), state, text })
      return
    }
    const start = Math.max(began, from)
    const track = this.tracks.of(id)
    const each = this.followed.get(id) ?? fresh(start)
    this.leave(id, each, start, {})
    this.slice(track.number, track.isShared ? this.tracks.titleOf(id) : 'running', 'running', start, ended, {})
    this.arrow(id, each, start)
    this.hubDidElse()
    for (const wake of this.wakes.get(id) ?? []) {
      if (wake.time >= start && wake.time <= ended) wake.track = track.number
    }
    this.wakes.delete(id)
    if (each.state === 'ready') this.ready--
    if (state === 'ready') this.ready++
    this.followed.set(id, { state, since: ended, text, wake: null })
  }

  /** Ends the state that a greenlet was in. */
  private leave(id: number, { state, since, text }: Followed, until: number, args: object): void {
    const start = Math.max(since, this.recording.from)
    if (until <= start || state === 'ended') return
    const { number, isShared } = this.tracks.of(id)
    if (!isShared) {
      this.slice(number, state === 'ready' ? 'ready' : text, state, start, until, args)
    } else if (state === 'waiting') {
      this.span(number, text, 'wait', start, until, { greenlet: this.tracks.titleOf(id), ...args })
    }
  }

  private woken(waker: number, id: number, time: number, isNew: boolean): void {
    const { from } = this.recording
    this.ready++
    const each = this.followed.get(id)
    if (time < from) {
      this.followed.set(id, fresh(from))
      return
    }
    if (each !== undefined) this.leave(id, each, time, {})
    // No step of it is known: it has waited since before the recording.
    else if (!isNew) this.leave(id, { ...fresh(from), state: 'waiting', text: 'waiting' }, time, { since: 'earlier' })
    const wake: Wake = { time, track: -1 }
    if (waker === 0) this.outside.push(wake)
    else {
      const list = this.wakes.get(waker)
      if (list === undefined) this.wakes.set(waker, [wake])
      else list.push(wake)
    }
    this.followed.set(id, { state: 'ready', since: time, text: '', wake })
  }

  private arrow(id: number, { wake }: Followed, start: number): void {
    if (wake === null) return
    this.hubDidElse()
    if (wake.track === -1) return
    const number = ++this.arrows
    const key = `${this.pid}.${number}`
    const common = { name: 'wakes', cat: 'wake', pid: this.pid, id: key }
    this.out.push({ ph: 's', ...common, tid: wake.track, ts: this.micros(wake.time) })
    this.out.push({ ph: 'f', bp: 'e', ...common, tid: this.tracks.of(id).number, ts: this.micros(start) })
  }

  /** Draws timers and I/O that woke somebody, now that the hub does something else. */
  private hubDidElse(): void {
    const { outside } = this
    if (outside.length === 0) return
    this.outside = []
    const start = Math.max(this.hubEnd, outside[0]!.time - BEFORE_WAKE)
    const end = Math.max(outside.at(-1)!.time, start)
    this.slice(HUB_TRACK, 'timers and I/O', 'hub', start, end, { woken: outside.length })
    this.hubEnd = end
    for (const wake of outside) wake.track = HUB_TRACK
  }

  private turn(began: number, ended: number): void {
    this.hubDidElse()
    const start = Math.max(began, this.hubEnd)
    if (ended < this.recording.from) return
    this.slice(HUB_TRACK, 'turn', 'hub', start, ended, {})
    this.counter(ended, 'ready', Math.max(0, this.ready))
    this.hubEnd = ended
  }

  private exchange(kind: number, id: number, began: number, ended: number, text: string, args: object): void {
    if (ended < this.recording.from) return
    const track = id === 0 ? HUB_TRACK : this.tracks.of(id).number
    const start = Math.max(began, this.recording.from)
    this.span(track, text, kind === EVENT.REQUEST ? 'request' : 'fetch', start, ended, { ...args })
  }

  private span(tid: number, name: string, cat: string, began: number, ended: number, args: TraceEvent['args']): void {
    const id = `${this.pid}.${++this.spans}`
    const common = { name, cat, pid: this.pid, tid, id }
    this.out.push({ ph: 'b', ...common, ts: this.micros(began), args: args! })
    this.out.push({ ph: 'e', ...common, ts: this.micros(ended) })
  }

  private slice(tid: number, name: string, cat: string, began: number, ended: number, args: object): void {
    const ts = this.nanos(began)
    const dur = Math.max(0, this.nanos(ended) - ts)
    this.out.push({ ph: 'X', name, cat, pid: this.pid, tid, ts: ts / 1000, dur: dur / 1000, args: { ...args } })
  }

  private moment(id: number, time: number, name: string, args: TraceEvent['args']): void {
    const tid = this.tracks.of(id).number
    this.out.push({
      ph: 'i',
      s: 't',
      name,
      cat: 'interruption',
      pid: this.pid,
      tid,
      ts: this.micros(time),
      args: args!,
    })
  }

  private counter(time: number, name: string, value: number): void {
    this.out.push({ ph: 'C', name, pid: this.pid, tid: HUB_TRACK, ts: this.micros(time), args: { [name]: value } })
  }

  private micros(time: number): number {
    return this.nanos(time) / 1000
  }

  // Whole nanoseconds: what ends where another begins must not reach over it by a rounding.
  private nanos(time: number): number {
    return Math.round((time - this.recording.from) * 1e6) + this.offset
  }
}

function fresh(since: number): Followed {
  return { state: 'ready', since, text: '', wake: null }
}
