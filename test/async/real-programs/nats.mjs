/** A worker on NATS: requests, a group, a stream with acknowledgements; the port of the server is the argument. */
import { setImmediate as turn } from 'node:timers/promises'
import { AckPolicy, connect, JSONCodec, StringCodec } from 'nats'

const connection = await connect({ servers: `127.0.0.1:${process.argv[2]}` })
const json = JSONCodec()
const text = StringCodec()

async function serve(name, subscription) {
  for await (const message of subscription) {
    const { numbers } = json.decode(message.data)
    await turn()
    try {
      if (numbers.length === 0) throw new Error('nothing to add')
      message.respond(json.encode({ sum: numbers.reduce((sum, n) => sum + n) }))
    } catch (error) {
      message.respond(json.encode({ error: error.message }))
    }
  }
  return `${name} is done`
}
const adders = ['a', 'b'].map((name) => serve(name, connection.subscribe('add', { queue: 'adders' })))
await connection.flush()
const asked = [[1, 2], [3, 4, 5], [], [6]].map(async (numbers) => {
  const answer = await connection.request('add', json.encode({ numbers }), { timeout: 60_000 })
  return json.decode(answer.data)
})
console.log(await Promise.all(asked))
await connection
  .request('nobody', undefined, { timeout: 60_000 })
  .catch((error) => console.log('no answer', error.code))

const manager = await connection.jetstreamManager()
await manager.streams.add({ name: 'orders', subjects: ['orders.*'] })
await manager.consumers.add('orders', { durable_name: 'worker', ack_policy: AckPolicy.Explicit })
const stream = connection.jetstream()
for (const id of [1, 2, 3]) await stream.publish(`orders.${id}`, text.encode(`order ${id}`))
const consumer = await stream.consumers.get('orders', 'worker')
const seen = new Map()
const messages = await consumer.consume()
for await (const message of messages) {
  const order = text.decode(message.data)
  seen.set(order, (seen.get(order) ?? 0) + 1)
  await turn()
  if (order === 'order 2' && seen.get(order) === 1) {
    message.nak()
    continue
  }
  console.log(message.subject, order, message.redelivered)
  message.ack()
  if (order === 'order 2') break
}
await connection.flush()
console.log(Array.from(seen), (await consumer.info()).num_ack_pending)
await connection.drain()
console.log(await Promise.all(adders), (await connection.closed()) === undefined)
