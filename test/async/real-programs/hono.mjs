/** An application on Hono: a middleware behind the handler, errors; and p-limit. */
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import pLimit from 'p-limit'

async function query(name) {
  await turn()
  if (name === 'bad') throw new Error('bad')
  return { name }
}

const app = new Hono()
app.use(async (context, next) => {
  await next()
  context.header('x-after', (await query('after')).name)
})
app.get('/stream', (context) =>
  stream(context, async (out) => {
    for (const name of ['one', 'two']) await out.write((await query(name)).name)
  }),
)
app.get('/:name', async (context) => context.json(await query(context.req.param('name'))))
app.onError(async (error, context) => {
  await turn()
  return context.text(error.message, 500)
})

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
await once(server, 'listening')
for (const path of ['/ann', '/bad', '/no/route', '/stream']) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`)
  console.log(response.status, response.headers.get('x-after'), await response.text())
}
server.closeAllConnections()
server.close()

const limit = pLimit(2)
let [active, most] = [0, 0]
async function work(name) {
  most = Math.max(most, ++active)
  await query(name)
  active--
  return name
}
console.log(await Promise.all([1, 2, 3, 4].map((n) => limit(async () => await work(n)))), most)
await Promise.all([1, 2].map((n) => limit(work, n))).then((all) => console.log(all))
