import assert from 'node:assert/strict'
import dns from 'node:dns'
import { lookup, resolve4 } from 'node:dns/promises'
import { after, before, test } from 'node:test'
import { run, spawn, until, type Coroutine } from 'gvent'
import { patchDns, unpatchAll } from 'gvent/monkey'
import { start } from '../green-test.js'
import { NameServer } from '../net/name-server.js'

patchDns()
const server = new NameServer()
before(() => server.open())
after(() => {
  server.close()
  unpatchAll()
})

void test('a greenlet waits for what the functions of dns.promises give, by whatever name they were imported', async () => {
  const addresses = await run(function* () {
    const asked = server.asked(1)
    const looking = start(function* (): Coroutine<string[]> {
      return yield* dns.promises.resolve4('name.test')
    })
    const question = yield* until(asked)
    question.answer('10.1.2.3')
    return [yield* looking, (yield* lookup('127.0.0.1')).address]
  })
  assert.deepEqual(addresses, [['10.1.2.3'], '127.0.0.1'])
})

void test('what a greenlet gives up to ask is taken back', async () => {
  let promise: Promise<string[]>
  const greenlet = spawn(function* () {
    promise = resolve4('killed.test')
    yield* promise
  })
  await server.asked(2)
  await greenlet.kill()
  await assert.rejects(promise!, { code: 'ECANCELLED', syscall: 'queryA' })
})

void test('outside of greenlets it is a promise as ever, with the same errors', async () => {
  const promise = dns.promises.resolve4('missing.test')
  assert.equal(Object.getPrototypeOf(promise), Promise.prototype)
  ;(await server.asked(3)).answer()
  await assert.rejects(promise, { code: 'ENOTFOUND', syscall: 'queryA', hostname: 'missing.test' })
  await assert.rejects(async () => dns.promises.lookup(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
})
