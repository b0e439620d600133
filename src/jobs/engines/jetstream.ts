import { randomUUID } from 'node:crypto'
import { onceMade } from '../once-made.js'

/** The part of a NATS message that is used. */
export interface NatsMessage {
  /** To whom an answer goes. */
  readonly reply?: string
  /** Its headers: those of a status have a code. */
  readonly headers?: { readonly code: number; readonly description: string }
  /** Its data as a text. */
  string(): string
}

/** The part of a NATS subscription that is used. */
export interface NatsSubscription {
  /** Ends it at once. */
  unsubscribe(): void
}

/** The part of a connection of the package `nats`, or of `@nats-io/transport-node`, that is used. */
export interface NatsConnection {
  /** Sends a message. */
  publish(subject: string, data: string, options: { reply: string }): void
  /** Sends a message, and waits for the answer. */
  request(subject: string, data: string, options: { timeout: number; noMux?: boolean }): Promise<NatsMessage>
  /** Receives messages. */
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): NatsSubscription
}

interface Answer {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description: string }
  readonly message?: { readonly seq: number; readonly data: string }
}

/** A message of a stream. @internal */
export interface Found {
  readonly seq: number
  readonly text: string
  /** @returns whether it was there still. */
  readonly remove: () => Promise<boolean>
}

/** How long an answer of the server is waited for, in milliseconds. */
const TIMEOUT = 5000
/** A stream has its one message of that subject. */
const SUBJECT_IS_TAKEN = 10077
const EXISTS = [10058, 10148, 10013]
const OVERLAPS = 10065
const NOT_FOUND = 10037
const GONE = [10043, 10057]
/** How often a stream is asked for that overlaps with another, and the pause between, in milliseconds. */
const ATTEMPTS = 6
const PAUSE = 20

type Kind = 'jobs' | 'dead' | 'returned'

/** One message of a subject. */
const one = { max_msgs_per_subject: 1 }
/** The streams of a queue: the jobs, the dead letters, and how often each job was handed back. */
const streams: Readonly<Record<Kind, object>> = {
  jobs: { ...one, retention: 'workqueue', discard: 'new', discard_new_per_subject: true },
  dead: one,
  // Of a job that is gone without a word, nothing stays for ever.
  returned: { ...one, max_age: 7 * 24 * 3600 * 1e9 },
}

/** The streams of one queue, by the protocol of JetStream: requests with JSON on a plain connection. @internal */
export class JetStream {
  private readonly make: () => Promise<void>

  /** @param lease in milliseconds. */
  constructor(
    private readonly connection: NatsConnection,
    private readonly name: string,
    lease: number,
  ) {
    this.make = onceMade(() => this.makeAll(lease))
  }

  /** @returns whether the stream took it: not if it has its one message of that id. */
  async publish(kind: Kind, id: string, text: string): Promise<boolean> {
    await this.make()
    const { error } = parse(await this.connection.request(this.subject(kind, id), text, { timeout: TIMEOUT }))
    if (error === undefined) return true
    if (error.err_code === SUBJECT_IS_TAKEN) return false
    throw new Error(`JetStream: ${error.description}`)
  }

  /** Returns the message of an id. */
  find(kind: Kind, id: string): Promise<Found | undefined> {
    return this.get(kind, { last_by_subj: this.subject(kind, id) })
  }

  /** Returns the first message from a number on. */
  first(kind: Kind, seq: number): Promise<Found | undefined> {
    return this.get(kind, { seq, next_by_subj: `gvent.${this.name}.${kind}.>` })
  }

  async purge(kind: Kind, id: string): Promise<void> {
    await this.ask(`STREAM.PURGE.${this.stream(kind)}`, { filter: this.subject(kind, id) })
  }

  /** Says what becomes of a message, and waits until the server knows. */
  async tell(message: NatsMessage, what: string): Promise<void> {
    await this.connection.request(message.reply!, what, { timeout: TIMEOUT })
  }

  /** The number of a message in its stream, and how often it was delivered. */
  numbersOf({ reply }: NatsMessage): [seq: string, delivered: number] {
    // $JS.ACK.<stream>.<consumer>.<delivered>.<seq>.…, with a domain and an account before the stream in newer servers.
    const tokens = reply!.split('.')
    const first = tokens.length > 9 ? 6 : 4
    return [tokens[first + 1]!, Number(tokens[first])]
  }

  /**
   * Asks for jobs.
   *
   * @param wait how many milliseconds the server waits until there is one; with 0 it gives what there is.
   */
  async pull(batch: number, wait: number): Promise<NatsMessage[]> {
    await this.make()
    const messages: NatsMessage[] = []
    const inbox = `_INBOX.gvent.${randomUUID()}`
    const answer = new Promise<NatsMessage[]>((resolve, reject) => {
      const end = (error?: Error): void => {
        clearTimeout(timer)
        subscription.unsubscribe()
        if (error === undefined || messages.length > 0) resolve(messages)
        else reject(error)
      }
      const subscription = this.connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error !== null) return end(error)
          if (message.reply) {
            if (messages.push(message) === batch) end()
            return
          }
          const { code, description } = message.headers ?? { code: 0, description: '' }
          // There is none, or no more, or none came in time.
          end(code === 404 || code === 408 ? undefined : new Error(`JetStream: ${code} ${description}`))
        },
      })
      const timer = setTimeout(() => {
        end(new Error('JetStream does not answer'))
      }, wait + TIMEOUT)
    })
    const request = wait === 0 ? { batch, no_wait: true } : { batch, expires: wait * 1e6 }
    this.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${this.stream('jobs')}.worker`, JSON.stringify(request), {
      reply: inbox,
    })
    return answer
  }

  private async get(kind: Kind, place: object): Promise<Found | undefined> {
    await this.make()
    const stream = this.stream(kind)
    const { message } = await this.ask(`STREAM.MSG.GET.${stream}`, place, [NOT_FOUND])
    if (message === undefined) return undefined
    const { seq, data } = message
    const remove = async (): Promise<boolean> =>
      (await this.ask(`STREAM.MSG.DELETE.${stream}`, { seq }, GONE)).error === undefined
    return { seq, text: Buffer.from(data, 'base64').toString(), remove }
  }

  private async makeAll(lease: number): Promise<void> {
    for (const [kind, config] of Object.entries(streams)) await this.makeStream(kind as Kind, config)
    const stream = this.stream('jobs')
    const config = { ack_policy: 'explicit', deliver_policy: 'all', ack_wait: lease * 1e6, max_deliver: -1 }
    await this.ask(
      `CONSUMER.DURABLE.CREATE.${stream}.worker`,
      { stream_name: stream, config: { durable_name: 'worker', max_ack_pending: 100_000, ...config } },
      EXISTS,
    )
  }

  private async makeStream(kind: Kind, config: object): Promise<void> {
    const name = this.stream(kind)
    const body = { name, subjects: [`gvent.${this.name}.${kind}.>`], storage: 'file', ...config }
    for (let attempt = 1; ; attempt++) {
      // A stream that another client is just creating overlaps with itself, for a moment.
      const expected = attempt < ATTEMPTS ? [...EXISTS, OVERLAPS] : EXISTS
      const { error } = await this.ask(`STREAM.CREATE.${name}`, body, expected)
      if (error?.err_code !== OVERLAPS) return
      await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE))
    }
  }

  private stream(kind: Kind): string {
    return `gvent-${kind}-${this.name}`
  }

  /** The subject of one thing. An id may have any characters, a subject may not. */
  private subject(kind: Kind, id: string): string {
    return `gvent.${this.name}.${kind}.${Buffer.from(id).toString('base64url')}`
  }

  private async ask(call: string, body: object, expected: readonly number[] = []): Promise<Answer> {
    const request = this.connection.request(`$JS.API.${call}`, JSON.stringify(body), { timeout: TIMEOUT })
    const answer = parse(await request)
    const { error } = answer
    if (error !== undefined && !expected.includes(error.err_code ?? 0)) {
      throw new Error(`JetStream: ${call}: ${error.description} (${error.err_code ?? error.code})`)
    }
    return answer
  }
}

function parse(message: NatsMessage): Answer {
  return JSON.parse(message.string()) as Answer
}
