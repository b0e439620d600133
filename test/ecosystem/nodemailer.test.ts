import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTransport } from 'nodemailer'
import { joinAll, run, spawn } from 'gvent'
import { printedPlainly } from './plainly.js'
import { startSMTP } from './smtp-server.js'

const plain = `
import { createTransport } from 'nodemailer'
const transport = createTransport({ host: '127.0.0.1', port: Number(process.argv[1]), ignoreTLS: true, pool: true })
const mail = { from: 'ada@example.org', to: 'bob@example.org', subject: 'plain', messageId: '<1@example.org>', date: new Date(0) }
console.log(await transport.verify())
const { accepted, rejected, response, messageId } = await transport.sendMail({ ...mail, text: 'hello', attachments: [{ filename: 'a.txt', content: 'attached' }] })
console.log(accepted, rejected, response, messageId)
await transport.sendMail({ ...mail, to: 'nobody@example.org' }).catch((error) => console.log(error.name, error.code, error.responseCode))
console.log(await new Promise((resolve) => transport.sendMail({ ...mail, text: 'called back' }, (error, info) => resolve([error, info.response]))))
console.log((await Promise.all(Array.from({ length: 10 }, (_, text) => transport.sendMail({ ...mail, text: String(text) })))).length)
transport.close()
`

const server = await startSMTP()

const makeTransport = () =>
  createTransport({ host: '127.0.0.1', port: server.port, ignoreTLS: true, pool: true, maxConnections: 1 })

const mail = { from: 'ada@example.org', to: 'bob@example.org' }

test('nodemailer: a program with async/await does what it did', async () => {
  assert.equal(
    await printedPlainly(plain, server.port),
    "true\n[ 'bob@example.org' ] [] 250 taken <1@example.org>\nError EENVELOPE 550\n[ null, '250 taken' ]\n10\n",
  )
})

test('nodemailer: twenty greenlets send by one connection', async () => {
  const transport = makeTransport()
  const { connections, mails } = server
  const before = mails.length
  await run(function* () {
    const greenlets = Array.from({ length: 20 }, (_, number) =>
      spawn(function* () {
        return (yield* transport.sendMail({ ...mail, text: `number ${number}` })).response
      }),
    )
    yield* joinAll(greenlets, { raiseError: true })
    assert.ok(greenlets.every(({ value }) => value === '250 taken'))
  })
  transport.close()
  assert.equal(mails.length - before, 20)
  assert.equal(server.connections - connections, 1)
})

test('nodemailer: a greenlet that is killed in the middle of a mail leaves the pool usable', async () => {
  const transport = makeTransport()
  await run(function* () {
    const killed = spawn(function* () {
      yield* transport.sendMail({ ...mail, text: 'hold on' })
      assert.fail('it was not killed')
    })
    const take = yield* server.held('hold on')
    yield* killed.kill()
    const next = spawn(() => transport.sendMail({ ...mail, text: 'the next' }))
    take()
    assert.equal((yield* next).response, '250 taken')
  })
  transport.close()
  assert.deepEqual(
    server.mails.slice(-2).map((text) => text.split('\r\n').at(-1)),
    ['hold on', 'the next'],
  )
})
