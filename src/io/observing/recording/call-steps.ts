import { others, type CallListener } from '../../../scheduler/reports/listed.js'

/** The first number of a call: greenlets never get that far, and the tracks of groups come later. */
const FIRST_CALL = 1_000_000_000
/** Names of calls may take this part of the time; a call that begins when it is used up has no name. */
const NAMING = 0.02
/** But so many calls have one however long that takes: the first has all scripts listed. */
const NAMED_AT_FIRST = 1000
/** So many calls that have not ended are listed. */
const MOST_OPEN = 20_000

/** Takes the steps of calls. */
export interface CallSink {
  /** A step after which something is awaited. */
  waited(id: number, awaits: string, began: number, ended: number): void
  /** The last step of a call. */
  ended(id: number, name: string, began: number, ended: number): void
}

interface Left {
  readonly call: object
  readonly began: number
  readonly ended: number
}

/**
 * The steps of calls of compiled async functions. The call of a greenlet's own function, for which it waits, is recorded
 * under the number of the greenlet; any other has a number of its own from its first `await` on.
 */
export class CallSteps implements CallListener {
  /** The names of those that have a number and have not ended. */
  readonly open: Map<number, string> = new Map<number, string>()
  private readonly ids = new WeakMap<object, number>()
  private readonly greenlets = new WeakMap<object, number>()
  private readonly begun: number[] = []
  private last = FIRST_CALL
  // What it awaits is known as soon as the next thing happens.
  private pending: Left | undefined
  private named = 0
  private naming = 0
  private readonly startedAt: number

  constructor(
    private readonly sink: CallSink,
    private readonly now: () => number,
  ) {
    this.startedAt = now()
  }

  entered(): void {
    this.flush(null)
    this.begun.push(this.now())
  }

  left(call: object): void {
    this.flush(null)
    this.pending = { call, began: this.begun.pop() ?? this.startedAt, ended: this.now() }
  }

  /**
   * Records the step of the call that was left last.
   *
   * @param running the greenlet whose step is over just now, if it is one's.
   * @returns what the call awaits for which that greenlet waits, if it does.
   */
  flush(running: object | null): string | undefined {
    const { pending } = this
    if (pending === undefined) return undefined
    this.pending = undefined
    const { call, began, ended } = pending
    const { isOver, awaits, greenlet } = others.tellCall(call)!
    if (greenlet !== undefined) this.greenlets.set(call, (greenlet as { id: number }).id)
    // Its first step is a part of that of the greenlet.
    if (greenlet !== undefined && greenlet === running) return awaits
    const waiting = this.greenlets.get(call)
    if (waiting !== undefined) this.sink.waited(waiting, isOver ? 'the end of its call' : awaits, began, ended)
    else this.record(call, isOver, awaits, began, ended)
    return undefined
  }

  private record(call: object, isOver: boolean, awaits: string, began: number, ended: number): void {
    let id = this.ids.get(call)
    // One that never awaits is a part of its caller.
    if (id === undefined && isOver) return
    if (id === undefined) {
      this.ids.set(call, (id = ++this.last))
      if (this.open.size < MOST_OPEN) this.open.set(id, this.nameOf(call))
    }
    if (isOver) {
      this.sink.ended(id, this.open.get(id) ?? UNNAMED, began, ended)
      this.open.delete(id)
    } else this.sink.waited(id, awaits, began, ended)
  }

  private nameOf(call: object): string {
    const began = this.now()
    if (++this.named > NAMED_AT_FIRST && this.naming > (began - this.startedAt) * NAMING) return UNNAMED
    const name = others.describeCall(call)
    this.naming += this.now() - began
    return name
  }
}

const UNNAMED = 'an async function'
