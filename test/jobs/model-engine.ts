import { Queue, call, getHub, sleep, spawnLater, type Coroutine, type Operation } from 'gvent'
import { LeaseLost, type Delivery, type Source } from 'gvent/jobs'

/** What a model engine knows of one job. */
interface Entry {
  readonly id: string
  readonly data: unknown
  attempt: number
  holder: object | undefined
  due: number
}

/**
 * An engine as simple as one can be, which notes every call: the specification of what `consume` asks of an engine. Each
 * call takes a moment, as over a network.
 */
export class ModelEngine implements Source {
  readonly calls: string[] = []
  readonly dead: { readonly id: string; readonly error: unknown }[] = []
  readonly done: string[] = []
  /** Jobs that are some delivery's now. */
  readonly held = new Map<string, Entry>()
  readonly waiting: Queue<Entry> = new Queue<Entry>()
  private made = 0

  constructor(
    readonly lease = 30_000,
    readonly latency = 0,
  ) {}

  add(data: unknown): string {
    const id = String(++this.made)
    this.waiting.putNowait({ id, data, attempt: 0, holder: undefined, due: 0 })
    return id
  }

  /** Takes a job away from the one who has it, as when its lease is over. */
  revoke(id: string): void {
    const entry = this.held.get(id)!
    this.held.delete(id)
    entry.holder = undefined
    this.waiting.putNowait(entry)
  }

  /** Revokes what has been held for longer than its lease. */
  expire(): void {
    for (const { id, due } of this.held.values()) if (due <= getHub().now()) this.revoke(id)
  }

  take(max: number): Operation<Delivery[]> {
    return call(() => this.taking(max))
  }

  private *taking(max: number): Coroutine<Delivery[]> {
    const entries = [yield* this.waiting.get()]
    while (entries.length < max && this.waiting.size > 0) entries.push(this.waiting.getNowait())
    this.calls.push(`take ${max}: ${entries.map(({ id }) => id).join(' ')}`)
    return entries.map((entry) => this.deliver(entry))
  }

  private deliver(entry: Entry): Delivery {
    const holder = {}
    entry.attempt++
    entry.holder = holder
    entry.due = getHub().now() + this.lease
    this.held.set(entry.id, entry)
    const { id, data, attempt } = entry
    const told = (what: string, act?: () => void): Operation<void> =>
      call(function* (this: void) {
        if (latency > 0) yield* sleep(latency)
        if (entry.holder !== holder) throw new LeaseLost(id)
        calls.push(`${what} ${id}`)
        act?.()
      })
    const { latency, calls } = this
    const end = (): void => {
      entry.holder = undefined
      this.held.delete(id)
    }
    return {
      id,
      data,
      attempt,
      ack: (value) =>
        told(`ack(${String(value)})`, () => {
          end()
          this.done.push(id)
        }),
      retry: (delay, error) =>
        told(error === undefined ? `retry(${delay})` : `retry(${delay}, ${(error as Error).toString()})`, () => {
          end()
          if (error === undefined) entry.attempt--
          // What failed comes at once, to be seen without a wait.
          if (error === undefined && delay > 0) spawnLater(delay, () => this.waiting.putNowait(entry))
          else this.waiting.putNowait(entry)
        }),
      discard: (error) =>
        told(`discard(${(error as Error).toString()})`, () => {
          end()
          this.dead.push({ id, error })
        }),
      extend: () => told('extend', () => (entry.due = getHub().now() + this.lease)),
    }
  }
}
