/** The kinds of events in a recording, and the meaning of their numbers: `a`, `b`, `c`, `t`, `u`. */
export const EVENT = {
  /** A step that ended in a bare `yield`: the greenlet, -, -, from, to. */
  GAVE_WAY: 1,
  /** A step that ended in a wait: the greenlet, -, the text of the wait, from, to. */
  WAITED: 2,
  /** The last step: the greenlet, its group, its name, from, to. */
  ENDED: 3,
  /** The waker (0: a timer, or I/O), the woken greenlet, -, when, `NEW` for one that has not run yet. */
  WOKEN: 4,
  /** The killer, the victim, the text of the error, when. */
  KILLED: 5,
  /** The greenlet, -, the text of the error, when. */
  TIMED_OUT: 6,
  /** -, -, -, from, to. */
  TURN: 7,
  /** How many are alive, -, -, when, by how many milliseconds the loop was late. */
  LOAD: 8,
  /** A request or a fetch: the greenlet, the status, the text, from, to. */
  REQUEST: 9,
  FETCH: 10,
} as const

/** In place of a time, of a greenlet that was woken: it has not run yet. */
export const NEW = -1

/** Numbers of an event: kind and `a`, `b` and `c`, `t`, `u`. One array in a row is written fastest. */
const CELLS = 4
/** `a` is above the kind. */
const KINDS = 16
/** `b` is above `c`, the number of a text. */
const TEXTS = 2 ** 21

/** An event as it is read. */
export interface RecordedEvent {
  readonly kind: number
  readonly a: number
  readonly b: number
  readonly c: number
  readonly t: number
  readonly u: number
}

/** Reads the events, from the first to the last. */
export function* readEvents(cells: Float64Array): Generator<RecordedEvent> {
  for (let at = 0; at < cells.length; at += CELLS) {
    const first = cells[at]!
    const second = cells[at + 1]!
    yield {
      kind: first % KINDS,
      a: Math.floor(first / KINDS),
      b: Math.floor(second / TEXTS),
      c: second % TEXTS,
      t: cells[at + 2]!,
      u: cells[at + 3]!,
    }
  }
}

/** The greenlets of which there are events. */
export function greenletsIn(cells: Float64Array): Set<number> {
  const ids = new Set<number>()
  // Without an object for each event: it is done while the program stands still.
  for (let at = 0; at < cells.length; at += CELLS) ids.add(Math.floor(cells[at]! / KINDS))
  return ids
}

/** The latest events: when it is full, each new one takes the place of the oldest. */
export class Ring {
  /** The most that one can hold: there may be two texts for each event. */
  static readonly most: number = TEXTS / 2
  /** How many were ever put. */
  count = 0
  private readonly cells: Float64Array
  private readonly mask: number

  /** @param capacity how many it holds: a power of two. */
  constructor(readonly capacity: number) {
    this.cells = new Float64Array(capacity * CELLS)
    this.mask = capacity - 1
  }

  put(kind: number, a: number, b: number, c: number, t: number, u: number): void {
    const { cells } = this
    const at = (this.count & this.mask) * CELLS
    cells[at] = a * KINDS + kind
    cells[at + 1] = b * TEXTS + c
    cells[at + 2] = t
    cells[at + 3] = u
    // Last: it may be read in the midst of this.
    this.count++
  }

  /** Gives other numbers to the texts that events refer to. */
  renumberTexts(renumber: (text: number) => number): void {
    const { cells } = this
    const length = Math.min(this.count, this.capacity) * CELLS
    for (let at = 0; at < length; at += CELLS) {
      const second = cells[at + 1]!
      const b = Math.floor(second / TEXTS)
      const isEnd = cells[at]! % KINDS === EVENT.ENDED
      cells[at + 1] = (isEnd ? renumber(b) : b) * TEXTS + renumber(second % TEXTS)
    }
  }

  /** Returns the events that it holds, the oldest first, in an array of their own. */
  copy(): Float64Array {
    const { count, capacity, mask, cells } = this
    const copy = new Float64Array(Math.min(count, capacity) * CELLS)
    const split = count > capacity ? (count & mask) * CELLS : 0
    const newer = cells.subarray(0, split)
    copy.set(cells.subarray(split, copy.length))
    copy.set(newer, copy.length - split)
    return copy
  }
}
