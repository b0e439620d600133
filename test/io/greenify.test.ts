import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { GreenletExit, Timeout, all, greenify, run, sleep, spawn, withTimeout } from 'gvent'

const files = greenify(fs)
let folder: string
before(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'gvent-greenify-'))
})
after(() => fs.rm(folder, { recursive: true }))

test('the functions of an API of promises can be waited for, in greenlets and outside', async () => {
  const path = join(folder, 'notes.txt')
  const text = await run(function* () {
    yield* files.writeFile(path, 'hello')
    const [content, stats] = yield* all([files.readFile(path, 'utf8'), files.stat(path)])
    return `${content} ${stats.size}`
  })
  assert.equal(text, 'hello 5')
  const bytes: Buffer = await files.readFile(path)
  assert.equal(bytes.toString(), 'hello')
  const string: string = await files.readFile(path, 'utf8')
  assert.equal(string, 'hello')
})

test('what a function rejects with is raised, and so is what it throws at once', async () => {
  const missing = join(folder, 'missing')
  await assert.rejects(async () => await files.readFile(missing), { code: 'ENOENT', path: missing })
  const api = greenify({
    fail(): Promise<void> {
      throw new RangeError('at once')
    },
  })
  await assert.rejects(async () => await api.fail(), RangeError)
})

test('nothing is called before somebody waits, and each wait is a call of its own', async () => {
  let calls = 0
  const api = greenify({
    count: async () => ++calls,
    fail: async () => {
      throw new Error('never called')
    },
  })
  const operation = api.count()
  void api.fail()
  assert.equal(calls, 0)
  assert.equal(await operation, 1)
  assert.equal(await operation, 2)
})

test('methods are called with the object itself, inherited ones too, and detached ones as well', async () => {
  class Client {
    #token = 'secret'
    get host(): string {
      return `host of ${this.#token}`
    }
    set token(token: string) {
      this.#token = token
    }
    async login(): Promise<string> {
      return this.#token
    }
  }
  class Special extends Client {
    override async login(): Promise<string> {
      return `special ${await super.login()}`
    }
  }
  const client = new Special()
  const green = greenify(client)
  assert.equal(await green.login(), 'special secret')
  const { login } = green
  assert.equal(await login(), 'special secret')
  assert.equal(green.login, login)
  assert.equal(green.host, 'host of secret')
  green.token = 'changed'
  assert.equal(await green.login(), 'special changed')
  assert.equal(green.constructor, Special)
  assert.ok((green as unknown) instanceof Client)
  assert.ok('login' in green)
})

test('functions that give no promise become operations too; classes and what a symbol names do not', async () => {
  class Item {}
  const api = greenify({
    limit: 10,
    sum: (a: number, b: number) => a + b,
    Item,
    *[Symbol.iterator]() {
      yield this.limit
    },
  })
  assert.equal(await api.sum(1, 2), 3)
  assert.equal(api.limit, 10)
  assert.ok(new api.Item() instanceof Item)
  assert.deepEqual([...api], [10])
})

test('a function can be made green, with the functions on it', async () => {
  const get = greenify(Object.assign(async (path: string) => `got ${path}`, { post: async () => 'posted' }))
  assert.equal(await get('/a'), 'got /a')
  assert.equal(await get.post(), 'posted')
  assert.equal(get.name, greenify(get).name)
})

test('a frozen object and the namespace of a module can be made green', async () => {
  const frozen = greenify(Object.freeze({ one: async () => 1 }))
  assert.equal(await frozen.one(), 1)
  const namespace = greenify(await import('node:fs/promises'))
  assert.equal((await namespace.stat(folder)).isDirectory(), true)
})

test('a kill or timeout leaves a call to itself, and its late error is dropped', async () => {
  const events = new EventEmitter()
  const api = greenify({
    fail: async () => {
      await once(events, 'fail')
      throw new Error('late')
    },
  })
  const greenlet = spawn(function* () {
    yield* api.fail()
  })
  await assert.rejects(async () => await withTimeout(1, api.fail()), Timeout)
  await greenlet.kill()
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  events.emit('fail')
  await sleep(1)
})

test('a report names the function', () => {
  assert.equal(files.readFile('x').describe(), 'readFile()')
})

test('what is neither an object nor a function is refused', () => {
  for (const value of [null, undefined, 'text', 5]) {
    assert.throws(() => greenify(value as unknown as object), {
      name: 'TypeError',
      code: 'GVENT_BAD_ARGUMENT',
      message: /expected an object or a function, got/,
    })
  }
})

/** A client whose calls give what further calls are made on: a transaction, a query, a resource. */
class Client {
  readonly log: string[] = []
  readonly limits = { most: 5 }
  readonly chat = { completions: { create: async (text: string): Promise<string> => Promise.resolve(`about ${text}`) } }
  multi(): Transaction {
    return new Transaction(this)
  }
  table(name: string): Query {
    return new Query(name)
  }
  async connect(): Promise<Database> {
    return Promise.resolve(new Database())
  }
}

class Transaction {
  readonly #client: Client
  readonly #steps: string[] = []
  constructor(client: Client) {
    this.#client = client
  }
  set(key: string, value: number): this {
    this.#steps.push(`${key}=${value}`)
    return this
  }
  async exec(): Promise<string[]> {
    this.#client.log.push(...this.#steps)
    return Promise.resolve(this.#steps)
  }
}

/** It can be waited for by itself, and called on before that. */
class Query implements PromiseLike<string> {
  constructor(private readonly text: string) {}
  where(condition: string): Query {
    return new Query(`${this.text} where ${condition}`)
  }
  count(): Query {
    return new Query(`count of ${this.text}`)
  }
  then<A, B>(
    fulfilled?: ((text: string) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.resolve(this.text).then(fulfilled, rejected)
  }
}

class Database {
  collection(name: string): { find: () => Promise<string[]> } {
    return { find: async () => Promise.resolve([name]) }
  }
}

test('calls are chained, on what a call gives and on objects of the object, and none is made before a wait', async () => {
  const client = new Client()
  const api = greenify(client)
  const transaction = api.multi().set('a', 1).set('b', 2).exec()
  assert.deepEqual(client.log, [])
  const results = await run(function* () {
    const steps: string[] = yield* transaction
    const count: string = yield* api.table('people').where('age > 5').count()
    const text: string = yield* api.chat.completions.create('green')
    return [steps, count, text]
  })
  assert.deepEqual(results, [['a=1', 'b=2'], 'count of people where age > 5', 'about green'])
  assert.deepEqual(await transaction, ['a=1', 'b=2'])
  assert.equal(api.limits, client.limits)
  assert.equal(api.chat, api.chat)
})

test('what a promise gives is called on when it is there', async () => {
  const api = greenify(new Client()) as unknown as {
    connect(): { collection(name: string): { find(): PromiseLike<string[]> } }
  }
  assert.deepEqual(await api.connect().collection('people').find(), ['people'])
})

test('a chain that cannot be called says so, and names greenify', async () => {
  const api = greenify(new Client()) as unknown as { multi(): { missing(): PromiseLike<unknown> } }
  await assert.rejects(async () => await api.multi().missing(), {
    name: 'TypeError',
    message:
      /^greenify\(object\)\.multi\(\)\.missing\(\): missing of what was called before is undefined, not a function/,
  })
})

test('the signal of a wait is handed on to an API that takes one', async () => {
  const signals: (AbortSignal | undefined)[] = []
  const api = greenify(
    {
      ask: async (_text: string, options?: { signal?: AbortSignal }) => {
        signals.push(options?.signal)
        await once(new EventEmitter(), 'never', { signal: options?.signal })
      },
      nested: {
        ask: async (_text: string, options?: { signal?: AbortSignal }) => {
          signals.push(options?.signal)
          return Promise.resolve('answer')
        },
      },
    },
    { signal: (args: readonly unknown[], signal) => [args[0], { ...(args[1] as object | undefined), signal }] },
  )
  await assert.rejects(async () => await withTimeout(1, api.ask('now')), Timeout)
  assert.equal(signals[0]?.aborted, true)
  assert.equal(await api.nested.ask('now'), 'answer')
  assert.equal(signals[1]?.aborted, false)
})
