import type { PostgresClient, PostgresPool } from './postgres-pool.js'

/** The events of a {@link PostgresListener}. @internal */
export interface ListenerEvents {
  /** Something was announced. */
  notified(payload: string | undefined): void
  /** Its connection has ended: what was announced since is not known. */
  lost?(): void
}

/** A connection of a pool that listens to a channel. @internal */
export class PostgresListener {
  private client: Promise<PostgresClient> | undefined

  constructor(
    private readonly pool: PostgresPool,
    private readonly channel: string,
    private readonly events: ListenerEvents,
  ) {}

  /** Whether it listens, or is about to. */
  get isListening(): boolean {
    return this.client !== undefined
  }

  /** Begins to listen. */
  async listen(): Promise<void> {
    const taken = (this.client = this.pool.connect())
    const giveUp = (): void => {
      if (this.client === taken) void this.stop()
    }
    try {
      const client = await taken
      const lost = (): void => {
        giveUp()
        this.events.lost?.()
      }
      client.on('notification', ({ payload }: { payload?: string }) => {
        this.events.notified(payload)
      })
      client.on('error', lost)
      client.on('end', lost)
      await client.query(`LISTEN ${this.channel}`)
    } catch (error) {
      giveUp()
      throw error
    }
  }

  /** Ends to listen. The connection is closed: it is of no use to anybody else. */
  async stop(): Promise<void> {
    const { client } = this
    this.client = undefined
    await client?.then(
      (taken) => {
        taken.release(true)
      },
      () => undefined,
    )
  }
}
