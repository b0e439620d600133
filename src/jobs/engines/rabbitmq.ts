import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { until, type Coroutine } from '../../scheduler/index.js'
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
import { AmqpSession, idOf, type AmqpConnection, type AmqpMessage } from './amqp-session.js'

/** Options of {@link rabbitmqJobs}. */
export interface RabbitmqJobsOptions extends EngineOptions {
  /**
   * RabbitMQ has no leases: a job belongs to its worker as long as the connection lives. Three times in this time, in
   * milliseconds, is looked whether it does; 15,000 by default.
   */
  lease?: number | undefined
}

/** How many jobs are asked for, one by one, before the first of them begins. */
const BATCH = 50

/**
 * Jobs in a quorum queue of RabbitMQ, from version 3.10 on. A delay is rounded up, to 1, 1.5, 2, 3, 5 or 7 times a power of
 * ten: there is a queue for each.
 *
 * ```ts
 * import amqp from 'amqplib'
 * const jobs = rabbitmqJobs<Order>(() => amqp.connect('amqp://localhost'), { name: 'invoices' })
 * ```
 *
 * @param connect makes a connection of the package `amqplib`, which cannot do so again by itself when one is lost.
 * @param options `name` of the queue; `lease`: how often is looked whether the connection lives; `limit`: how many bytes the
 *   JSON of a job may have.
 */
export function rabbitmqJobs<T = unknown>(
  connect: () => PromiseLike<AmqpConnection>,
  options: RabbitmqJobsOptions = {},
): Jobs<T> {
  const where = 'rabbitmqJobs(connect, options)'
  if (typeof connect !== 'function') {
    throw badArgument(where, 'a function', connect, 'write rabbitmqJobs(() => amqp.connect(url))')
  }
  const settings = checkEngine(where, options, undefined, { lease: 15_000 })
  return new EngineJobs<T, HeldMessage>(new RabbitmqEngine(connect, settings.name), settings)
}

interface HeldMessage extends Held {
  readonly message: AmqpMessage
  /** Without its connection it is the server's again. */
  readonly session: AmqpSession
}

class RabbitmqEngine implements Engine<HeldMessage> {
  private session: Promise<AmqpSession> | undefined

  constructor(
    private readonly connect: () => PromiseLike<AmqpConnection>,
    private readonly name: string,
  ) {}

  async add(jobs: readonly Added[]): Promise<void> {
    const session = await this.open()
    const publish = ({ id, text, delay }: Added): Promise<void> =>
      session.publishLater(Buffer.from(text), { messageId: id, headers: { attempt: 0 } }, delay)
    await Promise.all(jobs.map(publish))
  }

  remove(): boolean {
    return false
  }

  *take(max: number): Coroutine<HeldMessage[]> {
    for (;;) {
      const session = yield* until(this.open())
      const read = (messages: AmqpMessage[]): HeldMessage[] => messages.map((message) => hold(session, message))
      const ready = yield* receive(this, session.getAll(Math.min(max, BATCH)).then(read))
      if (ready.length > 0) return ready
      const { messages, stop } = session.next()
      const next = yield* receive(this, messages.then(read), stop)
      if (next.length > 0) return next
    }
  }

  ack({ session, message }: HeldMessage): boolean {
    if (session.isClosed) return false
    session.ack(message)
    return true
  }

  async giveBack({ session, message }: HeldMessage, attempt: number, delay: number): Promise<boolean> {
    if (session.isClosed) return false
    await session.giveBack(message, attempt, delay)
    return true
  }

  async bury({ session, message, id, attempt }: HeldMessage, error: string): Promise<boolean> {
    if (session.isClosed) return false
    await session.bury(message, { messageId: id, headers: { attempt, error, at: Date.now() } })
    return true
  }

  extend({ session }: HeldMessage): boolean {
    return !session.isClosed
  }

  /** The letters stay where they are. */
  async list(count: number): Promise<Letter[]> {
    const session = await this.open()
    return (await session.browse(count, () => false)).map(letterOf)
  }

  async look(id: string): Promise<Letter | undefined> {
    const found = await this.find(id)
    return found && letterOf(found)
  }

  async putBack(id: string): Promise<boolean> {
    const found = await this.find(id, async (message) => {
      const session = await this.open()
      await session.publish(this.name, message.content, { messageId: id, headers: { attempt: 0 } })
    })
    return found !== undefined
  }

  async drop(id: string): Promise<boolean> {
    return (await this.find(id, () => undefined)) !== undefined
  }

  async close(): Promise<void> {
    const { session } = this
    this.session = undefined
    await session?.then(
      (open) => open.close(),
      () => undefined,
    )
  }

  /** @param use with it the letter is taken out, after this was done. */
  private async find(
    id: string,
    use?: (message: AmqpMessage) => Promise<void> | undefined,
  ): Promise<AmqpMessage | undefined> {
    const session = await this.open()
    let found: AmqpMessage | undefined
    await session.browse(
      Infinity,
      (message) => {
        if (idOf(message) === id) found = message
        return found !== undefined
      },
      use,
    )
    return found
  }

  private open(): Promise<AmqpSession> {
    this.session ??= AmqpSession.open(this.connect, this.name)
    const { session } = this
    const forget = (): void => {
      if (this.session === session) this.session = undefined
    }
    session.then((open) => {
      if (open.isClosed) forget()
      else open.onClose = forget
    }, forget)
    return session
  }
}

/** A quorum queue counts how often a message came back without a word: its worker died. */
function attemptOf({ properties: { headers = {} } }: AmqpMessage): number {
  return Number(headers['attempt'] ?? 0) + Number(headers['x-delivery-count'] ?? 0) + 1
}

function hold(session: AmqpSession, message: AmqpMessage): HeldMessage {
  return { id: idOf(message), text: message.content.toString(), attempt: attemptOf(message), message, session }
}

function letterOf(message: AmqpMessage): Letter {
  const { headers = {} } = message.properties
  return {
    id: idOf(message),
    text: message.content.toString(),
    attempt: Number(headers['attempt']),
    error: String(headers['error']),
    at: Number(headers['at']),
  }
}
