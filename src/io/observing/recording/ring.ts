/** What an event of a recording is about, and what its numbers mean: `a`, `b`, `c`, `t`, `u`. */
export const EVENT = {
  /** A step that ended in a bare `yield`: the greenlet, -, -, from, to. */
  GAVE_WAY: 1,
  /** A step that ended in a wait: the greenlet, -, the text of the wait, from, to. */
  WAITED: 2,
  /** The last step: the greenlet, its group, its name, from, to. */
  ENDED: 3,
  /** The one who woke (0: a timer, or I/O), the one who was woken, -, when, `NEW` for one that has not run yet. */
  WOKEN: 4,
  /** The one who killed, the one who was killed, the text of the error, when. */
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

/** So many events in columns, in one buffer. */
export class Columns {
  /** Bytes of an event. */
  static readonly bytes: number = 8 + 8 + 4 + 4 + 4 + 1
  readonly t: Float64Array
  readonly u: Float64Array
  readonly a: Uint32Array
  readonly b: Uint32Array
  readonly c: Uint32Array
  readonly kind: Uint8Array

  constructor(
    readonly length: number,
    readonly buffer: ArrayBuffer = new ArrayBuffer(Columns.bytes * length),
  ) {
    this.t = new Float64Array(buffer, 0, length)
    this.u = new Float64Array(buffer, 8 * length, length)
    this.a = new Uint32Array(buffer, 16 * length, length)
    this.b = new Uint32Array(buffer, 20 * length, length)
    this.c = new Uint32Array(buffer, 24 * length, length)
    this.kind = new Uint8Array(buffer, 28 * length, length)
  }
}

/** The latest events: when it is full, each new one takes the place of the oldest. */
export class Ring {
  /** How many were ever put. */
  count = 0
  private readonly columns: Columns
  private readonly mask: number

  /** @param capacity how many it holds: a power of two. */
  constructor(readonly capacity: number) {
    this.columns = new Columns(capacity)
    this.mask = capacity - 1
  }

  put(kind: number, a: number, b: number, c: number, t: number, u: number): void {
    const { columns } = this
    const index = this.count++ & this.mask
    columns.kind[index] = kind
    columns.a[index] = a
    columns.b[index] = b
    columns.c[index] = c
    columns.t[index] = t
    columns.u[index] = u
  }

  /** The texts that are referred to, by number. */
  forEachText(callback: (text: number) => number): void {
    const { kind, b, c } = this.columns
    const length = Math.min(this.count, this.capacity)
    for (let index = 0; index < length; index++) {
      c[index] = callback(c[index]!)
      if (kind[index] === EVENT.ENDED) b[index] = callback(b[index]!)
    }
  }

  /** Those that it holds, the oldest first, in a buffer of their own. */
  copy(): Columns {
    const { count, capacity, mask, columns } = this
    const length = Math.min(count, capacity)
    const copy = new Columns(length)
    const split = count > capacity ? count & mask : 0
    for (const name of ['t', 'u', 'a', 'b', 'c', 'kind'] as const) {
      const column = columns[name].subarray(0, length)
      copy[name].set(column.subarray(split) as never)
      copy[name].set(column.subarray(0, split) as never, length - split)
    }
    return copy
  }
}
