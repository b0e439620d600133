import { randomUUID } from 'node:crypto'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { call, getHub, type Coroutine, type Operation } from '../../scheduler/index.js'
import { checkLease, checkName } from '../check-engine.js'
import type { Delivery } from '../delivery.js'
import { Discard, LeaseLost } from '../errors.js'
import type { AddOptions, DeadLetter, Jobs } from '../jobs.js'
import { checkAdd, decode, decodeLoosely, describeError, encode } from '../payload.js'
import { receive } from '../receive.js'
import { JetStream, type NatsConnection, type NatsMessage } from './jetstream.js'

/** Options of {@link natsJobs}. */
export interface NatsJobsOptions {
  /** Which jobs: those of one name are one queue; `'jobs'` by default. */
  name?: string | undefined
  /**
   * How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. It is
   * fixed by the program that is the first to use the queue.
   */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 900 KiB by default, since a server takes messages of 1 MiB. */
  limit?: number | undefined
}

const optionNames: OptionNames = { own: ['name', 'lease', 'limit'] }
const addOptionNames: OptionNames = { own: ['id', 'delay'] }
const LIMIT = 900 * 1024
/** How long the server lets one call wait for a job, in milliseconds. */
const WAIT = 2000
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
 * @param options `name` of the queue; `lease` in milliseconds, 30,000 by default; `limit`: how many bytes the JSON of a job
 *   may have.
 */
export function natsJobs<T = unknown>(connection: NatsConnection, options: NatsJobsOptions = {}): Jobs<T> {
  const where = 'natsJobs(connection, options)'
  if (typeof (Object(connection) as Partial<NatsConnection>).subscribe !== 'function') {
    throw badArgument(where, 'a connection of nats', connection, 'write natsJobs(await connect())')
  }
  checkOptions(options, optionNames)
  const { name = 'jobs', lease = 30_000, limit = LIMIT } = options
  checkName(name, `${where}: { name }`)
  checkLease(lease, `${where}: { lease }`)
  return new NatsJobs<T>(new JetStream(connection), name, lease, limit)
}

/** What a message of the stream has. The data are JSON in JSON, so that they can be refused by their length. */
interface Envelope {
  readonly id: string
  readonly data: string
  /** Not before this time, by the clock of the one who added it. */
  readonly after?: number
}

interface Letter {
  readonly id: string
  readonly data: string
  readonly attempt: number
  readonly error: string
  readonly at: number
}

class NatsJobs<T> implements Jobs<T> {
  readonly source: Jobs<T>['source']
  readonly dead: Jobs<T>['dead']
  private prepared: Promise<unknown> | undefined

  constructor(
    private readonly stream: JetStream,
    private readonly name: string,
    lease: number,
    private readonly limit: number,
  ) {
    this.source = { lease, take: (max) => call(() => this.take(max)) }
    this.dead = {
      list: (count = 100) => call(() => this.list(count)),
      look: (id) => call(() => this.look(id).then((found) => found && letterOf<T>(found.value))),
      putBack: (id) =>
        call(async () => {
          const found = await this.look(id)
          if (found === undefined) return false
          const { data } = found.value
          await this.stream.publish(this.subject('job', id), JSON.stringify({ id, data } satisfies Envelope))
          return this.stream.remove(`gvent-dead-${name}`, found.seq)
        }),
      drop: (id) =>
        call(async () => {
          const found = await this.look(id)
          return found !== undefined && this.stream.remove(`gvent-dead-${name}`, found.seq)
        }),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    const { id = randomUUID(), delay } = checkAdd(options, addOptionNames)
    const envelope: Envelope = { id, data: encode(data, this.limit), ...(delay > 0 && { after: Date.now() + delay }) }
    return call(async () => {
      await this.prepare()
      // The stream takes one message of a subject: refused means that the job is there.
      await this.stream.publish(this.subject('job', id), JSON.stringify(envelope))
      return id
    })
  }

  close(): Operation<void> {
    return call(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *take(max: number): Coroutine<Delivery<T>[]> {
    yield this.prepare()
    for (let wait = 0; ; wait = WAIT) {
      // What there is; then, as soon as it comes, one.
      const pull = this.stream.pull(`gvent-jobs-${this.name}`, wait === 0 ? max : 1, wait)
      const messages = yield* receive(
        pull.messages,
        (late) => Promise.all(late.map((message) => this.giveBack(message, undefined))),
        pull.stop,
      )
      const deliveries: Delivery<T>[] = []
      for (const message of messages) {
        const delivery = yield* receive(this.read(message), (late) => late?.retry(0))
        if (delivery !== undefined) deliveries.push(delivery)
      }
      if (deliveries.length > 0) return deliveries
    }
  }

  /** @returns `undefined` for what is not to be delivered now. */
  private async read(message: NatsMessage): Promise<Delivery<T> | undefined> {
    const { source, stream, limit } = this
    const received = getHub().now()
    const envelope = parse(message)
    if (envelope?.after !== undefined && envelope.after > Date.now()) {
      await stream.tell(message, `-NAK {"delay": ${Math.ceil((envelope.after - Date.now()) * NANOSECONDS)}}`)
      return undefined
    }
    const [seq, delivered] = stream.numbersOf(message)
    const returned = delivered === 1 ? 0 : await this.countReturned(seq)
    const attempt = Math.max(1, delivered - returned - (envelope?.after === undefined ? 0 : 1))
    const { id = seq } = envelope ?? {}
    let held = received
    const end = (act: () => Promise<unknown>): Operation<unknown> =>
      call(async () => {
        // The server does not say whose a job is: what counts is how long the lease has been on.
        if (getHub().now() - held >= source.lease) throw new LeaseLost(id)
        await act()
      })
    const leave = async (): Promise<void> => {
      await stream.tell(message, '+ACK')
      if (returned > 0) await stream.purge(`gvent-returned-${this.name}`, this.subject('returned', seq))
    }
    const bury = async (error: unknown): Promise<void> => {
      const data = envelope?.data ?? message.string()
      const letter: Letter = { id, data, attempt, error: describeError(error), at: Date.now() }
      await stream.publish(this.subject('dead', id), JSON.stringify(letter))
      await leave()
    }
    let data: T
    try {
      if (envelope === undefined) throw new Discard('the message is none of this package')
      data = decode(envelope.data, limit) as T
    } catch (error) {
      await bury(error)
      return undefined
    }
    return {
      id,
      data,
      attempt,
      ack: () => end(leave),
      retry: (delay, error) =>
        end(() =>
          error === undefined
            ? this.giveBack(message, returned, delay)
            : stream.tell(message, `-NAK {"delay": ${Math.ceil(delay * NANOSECONDS)}}`),
        ),
      discard: (error) => end(() => bury(error)),
      extend: () =>
        end(async () => {
          const now = getHub().now()
          await stream.tell(message, '+WPI')
          held = now
        }),
    }
  }

  /** Hands a message back. JetStream counts each delivery, so what was handed back is counted as well. */
  private async giveBack(message: NatsMessage, returned: number | undefined, delay = 0): Promise<void> {
    const [seq] = this.stream.numbersOf(message)
    const before = returned ?? (await this.countReturned(seq))
    await this.stream.publish(this.subject('returned', seq), String(before + 1))
    await this.stream.tell(message, `-NAK {"delay": ${Math.ceil(delay * NANOSECONDS)}}`)
  }

  private async countReturned(seq: string): Promise<number> {
    const found = await this.stream.find(`gvent-returned-${this.name}`, { last_by_subj: this.subject('returned', seq) })
    return Number(found?.text ?? 0)
  }

  private async list(count: number): Promise<DeadLetter<T>[]> {
    await this.prepare()
    const letters: DeadLetter<T>[] = []
    for (let seq = 1; letters.length < count;) {
      const place = { seq, next_by_subj: `gvent.${this.name}.dead.>` }
      const found = await this.stream.find(`gvent-dead-${this.name}`, place)
      if (found === undefined) break
      letters.push(letterOf(JSON.parse(found.text) as Letter))
      seq = found.seq + 1
    }
    return letters
  }

  private async look(id: string): Promise<{ seq: number; value: Letter } | undefined> {
    await this.prepare()
    const found = await this.stream.find(`gvent-dead-${this.name}`, { last_by_subj: this.subject('dead', id) })
    return found && { seq: found.seq, value: JSON.parse(found.text) as Letter }
  }

  /** The subject of one thing. An id may have any characters, a subject may not. */
  private subject(kind: 'job' | 'dead' | 'returned', id: string): string {
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
    const { stream, name, source } = this
    const once = { discard: 'new', max_msgs_per_subject: 1, discard_new_per_subject: true }
    await stream.make(`gvent-jobs-${name}`, `gvent.${name}.job.>`, { retention: 'workqueue', ...once })
    await stream.make(`gvent-dead-${name}`, `gvent.${name}.dead.>`, { max_msgs_per_subject: 1 })
    // Of a job that is gone without a word, nothing stays for ever.
    const week = 7 * 24 * 3600 * 1000 * NANOSECONDS
    await stream.make(`gvent-returned-${name}`, `gvent.${name}.returned.>`, { max_msgs_per_subject: 1, max_age: week })
    await stream.makeConsumer(`gvent-jobs-${name}`, source.lease * NANOSECONDS)
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

function letterOf<T>({ id, data, attempt, error, at }: Letter): DeadLetter<T> {
  return { id, data: decodeLoosely(data) as T, attempt, error, at: new Date(at) }
}
