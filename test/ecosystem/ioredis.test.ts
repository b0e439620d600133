import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { joinAll, scope, sleep, spawn, type Coroutine } from 'gvent'
import { greenTest } from '../io/green-test.js'
import type { ServerProgram } from '../io/servers/server-program.js'
import { printedPlainly } from './plainly.js'
import { startRedis, withoutRedis } from './redis-server.js'

const plain = `
import { Redis } from 'ioredis'
const redis = new Redis(Number(process.argv[1]))
await redis.set('greeting', 'hello')
console.log(await redis.get('greeting'), await redis.get('nothing'))
const numbers = await Promise.all(Array.from({ length: 100 }, () => redis.incr('counter')))
console.log(numbers.at(-1) - numbers[0])
console.log(await redis.multi().rpush('list', 'a', 'b').lrange('list', 0, 1).del('list').exec())
const scanned = []
for await (const keys of redis.scanStream({ match: 'greet*' })) scanned.push(...keys)
console.log(scanned)
const subscriber = redis.duplicate()
await subscriber.subscribe('news')
const message = new Promise((resolve) => subscriber.once('message', (...args) => resolve(args)))
await redis.publish('news', 'it works')
console.log(await message)
await subscriber.quit()
await redis.hset('greeting', 'field', 1).catch((error) => console.log(error.name, error.message))
console.log(await redis.quit())
`

let server: ServerProgram
before(async () => {
  if (withoutRedis === false) server = await startRedis()
})
after(() => server?.stop())

test('ioredis: a program with async/await does what it did', { skip: withoutRedis }, async () => {
  const printed = await printedPlainly(plain, server.port)
  assert.match(printed, /^hello null\n99\n/)
  assert.match(printed, /\[ 'news', 'it works' \]\nReplyError WRONGTYPE .*\nOK\n$/)
})

greenTest(
  'ioredis: a hundred greenlets share a connection',
  function* () {
    const redis = new Redis(server.port)
    const one = function* (number: number): Coroutine<string | null> {
      yield* redis.set(`key ${number}`, number)
      return yield* redis.get(`key ${number}`)
    }
    const greenlets = Array.from({ length: 100 }, (_, number) => spawn(one, number))
    yield* joinAll(greenlets, { raiseError: true })
    assert.deepEqual(
      greenlets.map(({ value }) => value),
      greenlets.map((_, number) => String(number)),
    )
    yield* redis.quit()
  },
  { skip: withoutRedis },
)

greenTest(
  'ioredis: a greenlet that is killed in the middle of a command leaves the connection usable',
  function* () {
    const redis = new Redis(server.port)
    yield* redis.mset('one', 1, 'two', 2)
    const killed = spawn(function* () {
      yield* redis.get('one')
      assert.fail('it was not killed')
    })
    yield* sleep(0)
    yield* killed.kill()
    assert.equal(yield* redis.get('two'), '2')
    assert.equal(yield* redis.get('one'), '1')
    yield* redis.quit()
  },
  { skip: withoutRedis },
)

greenTest(
  'ioredis: a connection of its own goes with the greenlet that waits on it for ever',
  function* () {
    const redis = new Redis(server.port)
    const blocked = function* (number: number): Coroutine<void> {
      for (;;) {
        const clients = yield* redis.info('clients')
        if (clients.includes(`blocked_clients:${number}\r`)) return
      }
    }
    const waiting = spawn(scope, function* (s) {
      const own = redis.duplicate()
      s.own({ close: () => own.disconnect() })
      return yield* own.blpop('nothing', 0)
    })
    yield* blocked(1)
    yield* waiting.kill()
    yield* blocked(0)
    assert.equal(yield* redis.quit(), 'OK')
  },
  { skip: withoutRedis },
)
