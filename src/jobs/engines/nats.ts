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
  const { name, lease } = settings
  return new EngineJobs<T, HeldMessage>(new NatsEngine(new JetStream(connection, name, lease), lease), settings)
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
  constructor(
    private readonly stream: JetStream,
    private readonly lease: number,
  ) {}

  add(jobs: readonly Added[]): Promise<unknown> {
    const publish = ({ id, text, delay }: Added): Promise<boolean> => {
      const envelope: Envelope = { id, data: text, ...(delay > 0 && { after: Date.now() + delay }) }
      // The stream takes one message of an id: refused means that the job is there.
      return this.stream.publish('jobs', id, JSON.stringify(envelope))
    }
    return Promise.all(jobs.map(publish))
  }

  async remove(id: string): Promise<boolean> {
    return (await this.stream.find('jobs', id))?.remove() ?? false
  }

  *take(max: number): Coroutine<HeldMessage[]> {
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
        await this.stream.publish('returned', held.seq, String(held.returned + 1))
      }
      await this.refuse(held.message, delay)
    })
  }

  bury(held: HeldMessage, error: string): Promise<boolean> {
    return this.end(held, async () => {
      const { id, text, attempt } = held
      const buried: Buried = { id, data: text, attempt, error, at: Date.now() }
      await this.stream.publish('dead', id, JSON.stringify(buried))
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
    const letters: Letter[] = []
    for (let seq = 1; letters.length < count;) {
      const found = await this.stream.first('dead', seq)
      if (found === undefined) break
      letters.push(letterOf(found))
      seq = found.seq + 1
    }
    return letters
  }

  async look(id: string): Promise<Letter | undefined> {
    const found = await this.stream.find('dead', id)
    return found && letterOf(found)
  }

  async putBack(id: string): Promise<boolean> {
    const found = await this.stream.find('dead', id)
    if (found === undefined) return false
    await this.add([{ id, text: letterOf(found).text, delay: 0 }])
    return found.remove()
  }

  async drop(id: string): Promise<boolean> {
    return (await this.stream.find('dead', id))?.remove() ?? false
  }

  private async pull(max: number, wait: number): Promise<HeldMessage[]> {
    const since = getHub().now()
    const messages = await this.stream.pull(max, wait)
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
    const returned = delivered === 1 ? 0 : Number((await this.stream.find('returned', seq))?.text ?? 0)
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
    if (returned > 0) await this.stream.purge('returned', seq)
  }

  private async refuse(message: NatsMessage, delay: number): Promise<void> {
    await this.stream.tell(message, `-NAK {"delay": ${Math.ceil(delay * 1e6)}}`)
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

function letterOf({ text }: Found): Letter {
  const { data, ...rest } = JSON.parse(text) as Buried
  return { text: data, ...rest }
}
