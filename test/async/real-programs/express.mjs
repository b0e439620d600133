/** A shop on Express: middleware, a transaction, a stream, errors. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import express from 'express'

const context = new AsyncLocalStorage()
const log = (...words) => console.log(context.getStore()?.id ?? '-', ...words)

class Database {
  #rows = new Map([['apples', 3]])
  #busy = Promise.resolve()

  async transaction(work) {
    const before = this.#busy
    let done
    this.#busy = new Promise((resolve) => (done = resolve))
    await before
    const saved = new Map(this.#rows)
    try {
      const result = await work(this)
      log('commit')
      return result
    } catch (error) {
      this.#rows = saved
      log('rollback', error.message)
      throw error
    } finally {
      done()
    }
  }

  async stock(name) {
    await turn()
    if (!this.#rows.has(name)) throw Object.assign(new Error(`there are no ${name}`), { status: 404 })
    return this.#rows.get(name)
  }

  async take(name, count) {
    const stock = await this.stock(name)
    this.#rows.set(name, stock - count)
    await turn()
    if (stock < count) throw Object.assign(new Error('sold out'), { status: 409 })
    return stock - count
  }

  async *[Symbol.asyncIterator]() {
    for (const [name, stock] of this.#rows) {
      await turn()
      yield `${name} ${stock}\n`
    }
  }
}

const database = new Database()
const app = express()
app.set('env', 'test')
app.use((request, _response, next) => context.run({ id: request.get('x-id') }, next))
app.use(express.json())
app.use(async (request, response, next) => {
  await turn()
  if (request.get('authorization') !== 'me') {
    response.status(401).json({ error: 'who are you?' })
    return
  }
  next()
})
const routes = express.Router()
routes.get('/stock/:name', async ({ params: { name } }, response) => {
  response.json({ name, stock: await database.stock(name) })
})
routes.post('/orders', async (request, response) => {
  const { name, count = 1 } = request.body
  const left = await database.transaction((transaction) => transaction.take(name, count))
  response.status(201).json({ left })
})
routes.get('/export', async (_request, response) => {
  response.type('text')
  await pipeline(Readable.from(database), response)
  log('exported')
})
app.use('/shop', routes)
// eslint-disable-next-line no-unused-vars -- by its four parameters it is known
app.use(async (error, _request, response, _next) => {
  await turn()
  log('failed', error.message)
  response.status(error.status ?? 500).json({ error: error.message })
})

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()
let count = 0
async function ask(path, options = {}) {
  const headers = {
    authorization: 'me',
    'x-id': String(++count),
    'content-type': 'application/json',
    ...options.headers,
  }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...options, headers })
  return [response.status, (await response.text()).trim()]
}
const order = (body) => ask('/shop/orders', { method: 'POST', body: JSON.stringify(body) })

console.log(await ask('/shop/stock/apples', { headers: { authorization: 'nobody' } }))
console.log(await ask('/shop/stock/apples'), await ask('/shop/stock/pears'))
console.log(await order({ name: 'apples', count: 2 }), await order({ name: 'apples', count: 2 }))
const answers = await Promise.all([1, 2, 3].map(() => order({ name: 'apples' })))
console.log(answers.map(([status]) => status).sort())
console.log(await ask('/shop/orders', { method: 'POST', body: '{' }))
console.log(await ask('/shop/export'), await ask('/nowhere').then(([status]) => status))
server.close()
server.closeAllConnections()
await once(server, 'close')
console.log('closed')
