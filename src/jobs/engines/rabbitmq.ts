import { randomUUID } from 'node:crypto'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { call, until, type Coroutine, type Operation } from '../../scheduler/index.js'
import { checkLease, checkName } from '../check-engine.js'
import type { Delivery } from '../delivery.js'
import { LeaseLost } from '../errors.js'
import type { AddOptions, DeadLetter, Jobs } from '../jobs.js'
import { LIMIT, checkAdd, decode, decodeLoosely, describeError, encode } from '../payload.js'
import { receive } from '../receive.js'
import { AmqpSession, idOf, type AmqpConnection, type AmqpMessage } from './amqp-session.js'

/** Options of {@link rabbitmqJobs}. */
export interface RabbitmqJobsOptions {
  /** Which jobs: those of one name are one queue; `'jobs'` by default. */
  name?: string | undefined
  /**
   * RabbitMQ has no leases: a job belongs to its worker as long as the connection lives. Three times in this time, in
   * milliseconds, is looked whether it does; 15,000 by default.
   */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 1 MiB by default. */
  limit?: number | undefined
}

const optionNames: OptionNames = { own: ['name', 'lease', 'limit'] }
const addOptionNames: OptionNames = { own: ['id', 'delay'] }
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
  checkOptions(options, optionNames)
  const { name = 'jobs', lease = 15_000, limit = LIMIT } = options
  checkName(name, `${where}: { name }`)
  checkLease(lease, `${where}: { lease }`)
  return new RabbitmqJobs<T>(connect, name, lease, limit)
}

class RabbitmqJobs<T> implements Jobs<T> {
  readonly source: Jobs<T>['source']
  readonly dead: Jobs<T>['dead']
  private session: Promise<AmqpSession> | undefined

  constructor(
    private readonly connect: () => PromiseLike<AmqpConnection>,
    private readonly name: string,
    lease: number,
    private readonly limit: number,
  ) {
    this.source = { lease, take: (max) => call(() => this.take(max)) }
    this.dead = {
      list: (count = 100) => call(() => this.browse(count, () => false).then((all) => all.map(letterOf<T>))),
      look: (id) => call(() => this.find(id).then((found) => found && letterOf<T>(found))),
      putBack: (id) =>
        call(() =>
          this.find(id, async (message) => {
            const session = await this.open()
            await session.publish(name, message.content, { messageId: id, headers: { attempt: 0 } })
          }).then((found) => found !== undefined),
        ),
      drop: (id) => call(() => this.find(id, () => undefined).then((found) => found !== undefined)),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    const { id = randomUUID(), delay } = checkAdd(options, addOptionNames)
    const content = Buffer.from(encode(data, this.limit))
    return call(async () => {
      const session = await this.open()
      await session.publishLater(content, { messageId: id, headers: { attempt: 0 } }, delay)
      return id
    })
  }

  close(): Operation<void> {
    return call(async () => {
      const { session } = this
      this.session = undefined
      await session?.then(
        (open) => open.close(),
        () => undefined,
      )
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *take(max: number): Coroutine<Delivery<T>[]> {
    for (;;) {
      const session = yield* until(this.open())
      const back = (late: AmqpMessage[]): unknown =>
        Promise.all(late.map((message) => session.giveBack(message, attemptOf(message) - 1, 0)))
      let messages = yield* receive(session.getAll(Math.min(max, BATCH)), back)
      if (messages.length === 0) {
        const waiting = session.next()
        messages = yield* receive(waiting.messages, back, waiting.stop)
      }
      const deliveries = messages
        .map((message) => this.read(session, message))
        .filter((delivery) => delivery !== undefined)
      if (deliveries.length > 0) return deliveries
    }
  }

  /** @returns `undefined` for what nobody added by this package: it is dead at once. */
  private read(session: AmqpSession, message: AmqpMessage): Delivery<T> | undefined {
    const attempt = attemptOf(message)
    const id = idOf(message)
    const mine = (act: () => unknown): Operation<unknown> =>
      call(() => {
        // Without its connection it is the server's again.
        if (session.isClosed) throw new LeaseLost(id)
        return act()
      })
    const discard = (error: unknown): Operation<unknown> =>
      mine(() =>
        session.bury(message, { messageId: id, headers: { attempt, error: describeError(error), at: Date.now() } }),
      )
    let data: T
    try {
      data = decode(message.content.toString(), this.limit) as T
    } catch (error) {
      void discard(error).then(undefined, () => undefined)
      return undefined
    }
    return {
      id,
      data,
      attempt,
      ack: () =>
        mine(() => {
          session.ack(message)
        }),
      retry: (delay, error) =>
        mine(() => session.giveBack(message, error === undefined ? attempt - 1 : attempt, delay)),
      discard,
      extend: () => mine(() => undefined),
    }
  }

  /** Goes through the dead letters, as far as `ends` or `count` say. They stay where they are. */
  private async browse(count: number, ends: (message: AmqpMessage) => boolean): Promise<AmqpMessage[]> {
    const session = await this.open()
    return session.browse(count, ends)
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

function letterOf<T>(message: AmqpMessage): DeadLetter<T> {
  const { headers = {} } = message.properties
  return {
    id: idOf(message),
    data: decodeLoosely(message.content.toString()) as T,
    attempt: Number(headers['attempt']),
    error: String(headers['error']),
    at: new Date(Number(headers['at'])),
  }
}
