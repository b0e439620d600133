/** Whether an engine has a capability, or the reason why it has not. */
export type Capability = true | string

/** The capabilities in which engines differ. */
export interface Capabilities {
  /** Jobs outlive a crash of the engine's own process. */
  readonly durable: Capability
  /** `add(data, { delay })`. */
  readonly delay: Capability
  /** `add(data, { id })` adds nothing while there is a job of that id. */
  readonly unique: Capability
  /** A worker that stood still for longer than its lease can do nothing more with the job. */
  readonly lease: Capability
  /** A job that is handed back has not used up an attempt. */
  readonly attempts: Capability
  /** Jobs that do not fail are delivered in the order in which they were added. */
  readonly order: Capability
  /** Dead letters can be listed, looked at, put back and dropped. */
  readonly deadLetters: Capability
  /** A waiting or running job can be ended from anywhere by its id: `cancel(id)`, with a `store`. */
  readonly cancel: Capability
  /** A job that is cancelled while it waits leaves the engine at once; elsewhere it is dropped when its turn comes. */
  readonly remove: Capability
  /** The engine itself adds a job again and again, by a schedule. */
  readonly repeat: Capability
}

const noSchedule = 'a job that is to be repeated adds the next one, with an `id` and a `delay`'

const everything: Capabilities = {
  durable: true,
  delay: true,
  unique: true,
  lease: true,
  attempts: true,
  order: true,
  deadLetters: true,
  cancel: true,
  remove: true,
  repeat: noSchedule,
}

/** The engines, with what each can do. The tests try every `true` of the table. */
export const capabilities: Readonly<
  Record<'memory' | 'sqlite' | 'postgres' | 'redis' | 'nats' | 'rabbitmq' | 'bullmq', Capabilities>
> = {
  memory: { ...everything, durable: 'jobs end with the process' },
  sqlite: everything,
  postgres: everything,
  redis: everything,
  nats: everything,
  rabbitmq: {
    ...everything,
    unique: 'RabbitMQ does not know what is in its queues',
    lease: 'a job belongs to its worker while the connection lasts',
    remove: 'RabbitMQ cannot take a message out of the middle of a queue',
  },
  bullmq: { ...everything, repeat: true },
}
