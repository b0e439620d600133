/** The part of an AMQP message that is used. */
export interface AmqpMessage {
  /** Its data. */
  readonly content: Buffer
  /** Its properties. */
  readonly properties: {
    readonly messageId?: unknown
    readonly headers?: Readonly<Record<string, unknown>> | undefined
  }
}

/** The part of a channel of the package `amqplib` that is used. */
export interface AmqpChannel {
  /** Makes a queue. */
  assertQueue(name: string, options: object): PromiseLike<unknown>
  /** Limits what consumers get that come after it. */
  prefetch(count: number): PromiseLike<unknown>
  /** Begins to receive messages. */
  consume(queue: string, callback: (message: AmqpMessage | null) => void): PromiseLike<{ readonly consumerTag: string }>
  /** Ends that. */
  cancel(consumerTag: string): PromiseLike<unknown>
  /** Takes a message that is there. */
  get(queue: string): PromiseLike<AmqpMessage | false>
  /** Says that a message is done with. */
  ack(message: AmqpMessage): void
  /** Sends a message; calls back when the server has it. */
  sendToQueue(queue: string, content: Buffer, options: object, callback: (error: unknown) => void): boolean
  /** Listens for its end. */
  on(event: string, listener: (error?: Error) => void): unknown
  /** Closes it; what was not acknowledged goes back. */
  close(): PromiseLike<unknown>
}

/** The part of a connection of the package `amqplib` that is used. */
export interface AmqpConnection {
  /** Opens a channel whose messages are confirmed. */
  createConfirmChannel(): PromiseLike<AmqpChannel>
  /** Listens for its end. */
  on(event: string, listener: (error?: Error) => void): unknown
  /** Closes it. */
  close(): PromiseLike<unknown>
}

interface Properties {
  readonly messageId: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** How long an answer is waited for, in milliseconds. A queue whose leader is gone gives none. */
const PATIENCE = 10_000
const STEPS = [1, 1.5, 2, 3, 5, 7, 10]

/** One connection to RabbitMQ, with the queues of one name. When it is lost, its messages are the server's again. @internal */
export class AmqpSession {
  isClosed = false
  onClose: () => void = () => undefined
  private readonly ends = new Set<(error: Error) => void>()

  private channel!: AmqpChannel

  static async open(connect: () => PromiseLike<AmqpConnection>, name: string): Promise<AmqpSession> {
    const session = new AmqpSession(await connect(), name)
    await session.prepare()
    return session
  }

  private constructor(
    private readonly connection: AmqpConnection,
    private readonly name: string,
  ) {
    this.watch(connection)
  }

  private watch(each: Pick<AmqpChannel, 'on'>): void {
    for (const event of ['error', 'close']) {
      each.on(event, (error) => {
        this.lose(error ?? new Error('the connection to RabbitMQ was closed'))
      })
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    // What was said on the channel arrives before its end.
    await this.channel.close()
    await this.connection.close()
  }

  /** Takes what there is, up to `max`. */
  async getAll(max: number): Promise<AmqpMessage[]> {
    const messages: AmqpMessage[] = []
    while (messages.length < max) {
      const message = await this.guard(this.channel.get(this.name))
      if (message === false) break
      messages.push(message)
    }
    return messages
  }

  /** Waits for one message. `stop` ends that before its time, with what has come. */
  next(): { messages: Promise<AmqpMessage[]>; stop: () => void } {
    let stop!: () => void
    const woken = new Promise<void>((resolve) => (stop = resolve))
    return { messages: this.guard(this.consumeOne(woken, stop), Infinity), stop }
  }

  private async consumeOne(woken: Promise<void>, wake: () => void): Promise<AmqpMessage[]> {
    const { channel, name } = this
    const messages: AmqpMessage[] = []
    await this.guard(channel.prefetch(1))
    const consuming = channel.consume(name, (message) => {
      // None comes when the queue was deleted; then the next call says so.
      if (message !== null) messages.push(message)
      wake()
    })
    const { consumerTag } = await this.guard(consuming)
    await woken
    // There is one at most, as long as that is not acknowledged.
    await this.guard(channel.cancel(consumerTag))
    return messages
  }

  ack(message: AmqpMessage): void {
    this.channel.ack(message)
  }

  /** Puts a message back, at the end of the queue. */
  async giveBack(message: AmqpMessage, attempt: number, delay: number): Promise<void> {
    await this.publishLater(message.content, { messageId: idOf(message), headers: { attempt } }, delay)
    this.ack(message)
  }

  async bury(message: AmqpMessage, properties: Properties): Promise<void> {
    await this.publish(`${this.name}.dead`, message.content, properties)
    this.ack(message)
  }

  async publishLater(content: Buffer, properties: Properties, delay: number): Promise<void> {
    await this.publish(delay > 0 ? await this.makeDelay(delay) : this.name, content, properties)
  }

  /** Sends a message, and waits until the server has it. */
  publish(queue: string, content: Buffer, properties: Properties): Promise<void> {
    return this.guard(
      new Promise((resolve, reject) => {
        const options = { persistent: true, ...properties }
        this.channel.sendToQueue(queue, content, options, (error) => {
          if (error === null || error === undefined) resolve()
          else reject(error instanceof Error ? error : new Error('RabbitMQ refused a message'))
        })
      }),
    )
  }

  /**
   * Goes through the dead letters, up to the one that `isWanted`. They stay where they are.
   *
   * @param use what is done with the wanted one before it is taken out. Without it that stays as well.
   */
  async browse(
    count: number,
    isWanted: (message: AmqpMessage) => boolean,
    use?: (message: AmqpMessage) => unknown,
  ): Promise<AmqpMessage[]> {
    const channel = await this.guard(this.connection.createConfirmChannel())
    channel.on('error', () => undefined)
    const messages: AmqpMessage[] = []
    while (messages.length < count) {
      const message = await this.guard(channel.get(`${this.name}.dead`))
      if (message === false) break
      messages.push(message)
      if (!isWanted(message)) continue
      if (use !== undefined) {
        await use(message)
        channel.ack(message)
      }
      break
    }
    // What was not acknowledged goes back to its place.
    await channel.close()
    return messages
  }

  private async prepare(): Promise<void> {
    const { connection, name } = this
    const channel = await this.guard(connection.createConfirmChannel())
    this.channel = channel
    this.watch(channel)
    await this.guard(channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } }))
    await this.guard(channel.assertQueue(`${name}.dead`, { durable: true }))
  }

  /** A queue whose messages go to the other one after a time, and which is gone when nobody has used it for a while. */
  private async makeDelay(delay: number): Promise<string> {
    const time = roundUp(delay)
    const queue = `${this.name}.after.${time}`
    const target = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': this.name }
    // A message is in one of the two queues at any moment.
    const safety = {
      'x-queue-type': 'quorum',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    }
    const times = { 'x-message-ttl': time, 'x-expires': time + 60_000 }
    await this.guard(this.channel.assertQueue(queue, { durable: true, arguments: { ...target, ...safety, ...times } }))
    return queue
  }

  /** Waits for the server's answer; raises an error when it cannot answer any more, or does not within `patience` milliseconds. */
  private guard<T>(answer: PromiseLike<T>, patience = PATIENCE): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(new Error('the connection to RabbitMQ was closed'))
        return
      }
      const expire = (): void => {
        this.lose(new Error(`RabbitMQ has not answered for ${patience / 1000} seconds`))
      }
      const timer = patience === Infinity ? undefined : setTimeout(expire, patience)
      this.ends.add(reject)
      const done = (): void => {
        this.ends.delete(reject)
        clearTimeout(timer)
      }
      answer.then(resolve, reject)
      answer.then(done, done)
    })
  }

  private lose(error: Error): void {
    if (this.isClosed) return
    this.isClosed = true
    // Their answers do not come any more.
    for (const end of this.ends) end(error)
    this.ends.clear()
    this.onClose()
    // It may be the channel that was lost.
    Promise.resolve(this.connection.close()).catch(() => undefined)
  }
}

/** The id of a job; of what nobody added by this package there is none. @internal */
export function idOf({ properties: { messageId } }: AmqpMessage): string {
  return typeof messageId === 'string' ? messageId : 'unknown'
}

function roundUp(delay: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(delay, 1)))
  const step = STEPS.find((each) => each * power >= delay) ?? 10
  return Math.ceil(step * power)
}
