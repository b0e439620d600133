/** A shop in plain async functions: it knows nothing of gvent, nor of the framework that calls it. */
export const log: string[] = []

/** Opens when a payment may go on. */
export class Gate {
  readonly opened: Promise<void>
  open!: () => void

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve))
  }
}

async function transaction<T>(work: () => Promise<T>): Promise<T> {
  log.push('begin')
  let done = false
  try {
    const result = await work()
    log.push('commit')
    done = true
    return result
  } finally {
    await Promise.resolve()
    if (!done) log.push('rollback')
  }
}

async function charge(gate: Gate): Promise<string> {
  log.push('charging')
  await gate.opened
  return 'paid'
}

/** The handlers of a framework; each answers by `send`. */
export function handlers(gate: Gate): {
  pay: () => Promise<string>
  quick: () => Promise<string>
  audits: () => Promise<string>
} {
  const audit = async (): Promise<void> => {
    await gate.opened
    log.push('audited')
  }
  return {
    pay: async () => await transaction(async () => await charge(gate)),
    quick: async () => {
      await Promise.resolve()
      return 'quick'
    },
    audits: async () => {
      void audit()
      return await charge(gate)
    },
  }
}

type Answer = (text: string) => unknown
type Next = () => unknown

/** An async middleware as Express has it: the rest runs behind it, and it does not wait for that. */
export async function authorizes(_request: unknown, _response: unknown, next: Next): Promise<void> {
  await Promise.resolve()
  next()
}

/** An async middleware as Koa has it. */
export async function times(_context: unknown, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
  } finally {
    log.push('timed')
  }
}

/** A handler that answers by a function. */
export function answering<A extends unknown[]>(
  handle: () => Promise<string>,
  answer: (...args: A) => Answer,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const send = answer(...args)
    send(await handle())
  }
}

/** A handler that answers by what it returns. */
export function responding(handle: () => Promise<string>): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = new Response(await handle())
    log.push(`aborted: ${request.signal.aborted}`)
    return response
  }
}

/** A handler as a WSGI application. */
export function application(
  handle: () => Promise<string>,
): (environ: unknown, startResponse: (status: string, headers: [string, string][]) => unknown) => Promise<string[]> {
  return async (_environ, startResponse) => {
    const text = await handle()
    startResponse('200 OK', [])
    return [text]
  }
}

/** A handler whose answer has no end; what it began beside it has one. */
export function streaming(gate: Gate): () => Promise<Response> {
  return async () => {
    const audit = async (): Promise<void> => {
      await gate.opened
      log.push('audited')
    }
    void audit()
    await Promise.resolve()
    return new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1000))
        },
        cancel() {
          log.push('cancelled')
        },
      }),
    )
  }
}

/** A handler that fails when the gate opens. */
export function failing(gate: Gate): () => Promise<string> {
  return async () => {
    log.push('charging')
    await gate.opened
    throw new Error('the bank says no')
  }
}

interface Client {
  query(text: string, values?: unknown[]): Promise<unknown>
  release(): void
}

/** Pays in a transaction of a database. */
export async function paysByPostgres(pool: { connect(): Promise<Client> }, gate: Gate): Promise<string> {
  const client = await pool.connect()
  let done = false
  try {
    await client.query('begin')
    await client.query('insert into payments values ($1)', [1])
    log.push('inserted')
    await gate.opened
    await client.query('commit')
    done = true
    log.push('committed')
    return 'paid'
  } finally {
    if (!done) {
      await client.query('rollback')
      log.push('rolled back')
    }
    client.release()
  }
}
