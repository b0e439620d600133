import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { getHub, type Coroutine } from '../../scheduler/index.js'
import {
  EngineJobs,
  checkEngine,
  type Added,
  type Engine,
  type EngineOptions,
  type Held,
  type Letter,
} from '../engine.js'
import type { Jobs } from '../jobs.js'
import { receive } from '../receive.js'
import { JetStream, type Found, type NatsConnection, type NatsMessage } from './jetstream.js'

/** Options of {@link natsJobs}. */
export interface NatsJobsOptions extends EngineOptions {
  /**
   * How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. It
   * is fixed by the program that is the first to use the queue.
   */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 900 KiB by default, since a server takes messages of 1 MiB. */
  limit?: number | undefined
}

const LIMIT = 900 * 1024
/**
 * How long the server lets one call wait for a job, in milliseconds. Such a call cannot be taken back: without a
 * subscription the server may still hand a job over, which nobody would have until its lease is over. So a kill waits
 * for the end.
 */
const WAIT = 100
const NANOSECONDS = 1e6

/**
 * Jobs in a stream of NATS JetStream, from version 2.9 on.
 *
 * ```ts
 * import { connect } from 'nats'
 * const jobs = natsJobs<Order>(await connect(), { name: 'invoices' })
 * ```
 *
 * @param connection of the package `nats`, or of `@nats-io/transport-node`.
 * @param options `name` of the queue; `lease` in milliseconds, 30,000 by default; `limit`: how many bytes the JSON of a
 *   job may have.
 */
export function natsJobs<T = unknown>(connection: NatsConnection, options: NatsJobsOptions = {}): Jobs<T> {
  const where = 'natsJobs(connection, options)'
  if (typeof (Object(connection) as Partial<NatsConnection>).subscribe !== 'function') {
    throw badArgument(where, 'a connection of nats', connection, 'write natsJobs(await connect())')
  }
  const settings = checkEngine(where, options, undefined, { limit: LIMIT })
  return new EngineJobs<T, HeldMessage>(
    new NatsEngine(new JetStream(connection), settings.name, settings.lease),
    settings,
  )
}

/** The content of a message of the stream. The data are JSON in JSON, so that they can be refused by their length. */
interface Envelope {
  readonly id: string
  readonly data: string
  /** Not before this time, by the clock of the producer. */
  readonly after?: number
}

/** A dead letter as it is kept. */
interface Buried extends Envelope {
  readonly attempt: number
  readonly error: string
  readonly at: number
}

interface HeldMessage extends Held {
  readonly message: NatsMessage
  readonly seq: string
  /** How often it was handed back: JetStream counts each delivery. */
  readonly returned: number
  /** When the lease began. */
  since: number
}

class NatsEngine implements Engine<HeldMessage> {
  private prepared: Promise<unknown> | undefined

  constructor(
    private readonly stream: JetStream,
    private readonly name: string,
    private readonly lease: number,
  ) {}

  async add(jobs: readonly Added[]): Promise<void> {
    await this.prepare()
    const publish = ({ id, text, delay }: Added): Promise<boolean> => {
      const envelope: Envelope = { id, data: text, ...(delay > 0 && { after: Date.now() + delay }) }
      // The stream takes one message of a subject: refused means that the job is there.
      return this.stream.publish(this.subject('jobs', id), JSON.stringify(envelope))
    }
    await Promise.all(jobs.map(publish))
  }

  async remove(id: string): Promise<boolean> {
    return (await this.find('jobs', id))?.remove() ?? false
  }

  *take(max: number): Coroutine<HeldMessage[]> {
    yield this.prepare()
    for (let wait = 0; ; wait = WAIT) {
      // What there is; then, as soon as it comes, one.
      const held = yield* receive(this, this.pull(wait === 0 ? max : 1, wait))
      if (held.length > 0) return held
    }
  }

  ack(held: HeldMessage): Promise<boolean> {
    return this.end(held, () => this.leave(held))
  }

  giveBack(held: HeldMessage, attempt: number, delay: number): Promise<boolean> {
    return this.end(held, async () => {
      if (attempt < held.attempt) {
        await this.stream.publish(this.subject('returned', held.seq), String(held.returned + 1))
      }
      await this.refuse(held.message, delay)
    })
  }

  bury(held: HeldMessage, error: string): Promise<boolean> {
    return this.end(held, async () => {
      const { id, text, attempt } = held
      const buried: Buried = { id, data: text, attempt, error, at: Date.now() }
      await this.stream.publish(this.subject('dead', id), JSON.stringify(buried))
      await this.leave(held)
    })
  }

  extend(held: HeldMessage): Promise<boolean> {
    return this.end(held, async () => {
      const now = getHub().now()
      await this.stream.tell(held.message, '+WPI')
      held.since = now
    })
  }

  async list(count: number): Promise<Letter[]> {
    await this.prepare()
    const letters: Letter[] = []
    for (let seq = 1; letters.length < count;) {
      const place = { seq, next_by_subj: `gvent.${this.name}.dead.>` }
      const found = await this.stream.find(`gvent-dead-${this.name}`, place)
      if (found === undefined) break
      letters.push(letterOf(found.text))
      seq = found.seq + 1
    }
    return letters
  }

  async look(id: string): Promise<Letter | undefined> {
    const found = await this.find('dead', id)
    return found && letterOf(found.text)
  }

  async putBack(id: string): Promise<boolean> {
    const found = await this.find('dead', id)
    if (found === undefined) return false
    const { text } = letterOf(found.text)
    await this.add([{ id, text, delay: 0 }])
    return found.remove()
  }

  async drop(id: string): Promise<boolean> {
    return (await this.find('dead', id))?.remove() ?? false
  }

  close(): void {
    // The connection is the program's.
  }

  private async pull(max: number, wait: number): Promise<HeldMessage[]> {
    const since = getHub().now()
    const messages = await this.stream.pull(`gvent-jobs-${this.name}`, max, wait)
    const held = await Promise.all(messages.map((message) => this.read(message, since)))
    return held.filter((each) => each !== undefined)
  }

  /** @returns `undefined` for what is not to be delivered now. */
  private async read(message: NatsMessage, since: number): Promise<HeldMessage | undefined> {
    const envelope = parse(message)
    const { id, data, after } = envelope ?? {}
    if (after !== undefined && after > Date.now()) {
      await this.refuse(message, after - Date.now())
      return undefined
    }
    const [seq, delivered] = this.stream.numbersOf(message)
    const returned = delivered === 1 ? 0 : await this.countReturned(seq)
    const attempt = Math.max(1, delivered - returned - (after === undefined ? 0 : 1))
    return { id: id ?? seq, text: data ?? message.string(), attempt, message, seq, returned, since }
  }

  /** The server does not say whose a job is: what counts is how long the lease has been on. */
  private async end({ since }: HeldMessage, act: () => Promise<unknown>): Promise<boolean> {
    if (getHub().now() - since >= this.lease) return false
    await act()
    return true
  }

  private async leave({ message, returned, seq }: HeldMessage): Promise<void> {
    await this.stream.tell(message, '+ACK')
    if (returned > 0) await this.stream.purge(`gvent-returned-${this.name}`, this.subject('returned', seq))
  }

  private async refuse(message: NatsMessage, delay: number): Promise<void> {
    await this.stream.tell(message, `-NAK {"delay": ${Math.ceil(delay * NANOSECONDS)}}`)
  }

  private async countReturned(seq: string): Promise<number> {
    const found = await this.stream.find(`gvent-returned-${this.name}`, { last_by_subj: this.subject('returned', seq) })
    return Number(found?.text ?? 0)
  }

  private async find(kind: 'jobs' | 'dead', id: string): Promise<Found | undefined> {
    await this.prepare()
    return this.stream.find(`gvent-${kind}-${this.name}`, { last_by_subj: this.subject(kind, id) })
  }

  /** The subject of one thing. An id may have any characters, a subject may not. */
  private subject(kind: 'jobs' | 'dead' | 'returned', id: string): string {
    return `gvent.${this.name}.${kind}.${Buffer.from(id).toString('base64url')}`
  }

  private prepare(): Promise<unknown> {
    this.prepared ??= this.makeStreams().catch((error: unknown) => {
      this.prepared = undefined
      throw error
    })
    return this.prepared
  }

  private async makeStreams(): Promise<void> {
    const { stream, name, lease } = this
    const once = { discard: 'new', max_msgs_per_subject: 1, discard_new_per_subject: true }
    await stream.make(`gvent-jobs-${name}`, `gvent.${name}.jobs.>`, { retention: 'workqueue', ...once })
    await stream.make(`gvent-dead-${name}`, `gvent.${name}.dead.>`, { max_msgs_per_subject: 1 })
    // Of a job that is gone without a word, nothing stays for ever.
    const week = 7 * 24 * 3600 * 1000 * NANOSECONDS
    await stream.make(`gvent-returned-${name}`, `gvent.${name}.returned.>`, { max_msgs_per_subject: 1, max_age: week })
    await stream.makeConsumer(`gvent-jobs-${name}`, lease * NANOSECONDS)
  }
}

function parse(message: NatsMessage): Envelope | undefined {
  try {
    const value = JSON.parse(message.string()) as Partial<Envelope> | null
    return typeof value?.id === 'string' && typeof value.data === 'string' ? (value as Envelope) : undefined
  } catch {
    return undefined
  }
}

function letterOf(text: string): Letter {
  const { data, ...rest } = JSON.parse(text) as Buried
  return { text: data, ...rest }
}
