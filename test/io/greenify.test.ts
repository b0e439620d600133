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
