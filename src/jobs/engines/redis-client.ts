import { createHash } from 'node:crypto'
import { badArgument } from '../../scheduler/checks/bad-argument.js'

/** The part of a client of the package `ioredis` that is used. */
export interface IoredisClient {
  /** Sends a command. */
  call(command: string, ...args: string[]): Promise<unknown>
  /** Makes another connection to the same server. */
  duplicate(): IoredisClient
  /** Listens for errors of the connection. */
  on(event: string, listener: (error: Error) => void): unknown
  /** Closes the connection. */
  disconnect(): void
}

/** The part of a client of the package `redis` that is used. */
export interface NodeRedisClient {
  /** Sends a command. */
  sendCommand(args: string[]): Promise<unknown>
  /** Makes another connection to the same server. */
  duplicate(): NodeRedisClient
  /** Opens the connection. */
  connect(): Promise<unknown>
  /** Listens for errors of the connection. */
  on(event: string, listener: (error: Error) => void): unknown
  /** Closes the connection. */
  destroy(): void
}

/** @throws TypeError for what is no client. @internal */
export function checkRedis(client: IoredisClient | NodeRedisClient, where: string, call: string): void {
  if (typeof (Object(client) as Partial<IoredisClient>).duplicate === 'function') return
  throw badArgument(where, 'a client of ioredis or redis', client, `write ${call}(new Redis())`)
}

/** Sends a command. */
function send(client: IoredisClient | NodeRedisClient, [command, ...args]: string[]): Promise<unknown> {
  return isIoredis(client) ? client.call(command!, ...args) : client.sendCommand([command!, ...args])
}

/** Runs a script, which is sent once. @internal */
export async function runScript(
  client: IoredisClient | NodeRedisClient,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args.map(String)]
  try {
    return await send(client, ['EVALSHA', digestOf(script), ...rest])
  } catch (error) {
    if (!String(error).includes('NOSCRIPT')) throw error
    return send(client, ['EVAL', script, ...rest])
  }
}

/**
 * Another connection to the same server, for commands that wait there. Closing it ends them, and its opening. @internal
 */
export class RedisReader {
  private readonly client: IoredisClient | NodeRedisClient
  private readonly opened: Promise<unknown>
  private isClosed = false

  constructor(client: IoredisClient | NodeRedisClient) {
    const other = (this.client = client.duplicate())
    // A failure reaches the waiter, too.
    other.on('error', () => undefined)
    this.opened = isIoredis(other) ? Promise.resolve() : other.connect()
    // A client of `redis` that is destroyed while it connects goes on to do so.
    const settle = (): void => {
      if (this.isClosed) this.close()
    }
    this.opened.then(settle, settle)
  }

  /** Sends a command, as soon as the connection is open. */
  async ask(command: string[]): Promise<unknown> {
    await this.opened
    return send(this.client, command)
  }

  close(): void {
    this.isClosed = true
    if (isIoredis(this.client)) this.client.disconnect()
    else this.client.destroy()
  }
}

const digests = new Map<string, string>()

function digestOf(script: string): string {
  const digest = digests.get(script) ?? createHash('sha1').update(script).digest('hex')
  digests.set(script, digest)
  return digest
}

function isIoredis(client: IoredisClient | NodeRedisClient): client is IoredisClient {
  return typeof (client as Partial<IoredisClient>).call === 'function'
}
