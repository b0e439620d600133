/** A service on Fastify: plugins, schemas, hooks, its own log. */
import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'

const log = []
const stream = {
  write(line) {
    const { responseTime, ...entry } = JSON.parse(line)
    log.push({ ...entry, ...(responseTime !== undefined && { responseTime: typeof responseTime }) })
  },
}
const serializers = { err: ({ message }) => ({ message }), req: ({ method, url }) => ({ method, url }) }
const service = Fastify({
  logger: { level: 'info', base: null, timestamp: false, serializers, stream },
  genReqId: (() => {
    let count = 0
    return () => `request ${++count}`
  })(),
})

async function users(instance, { names }) {
  await turn()
  instance.decorate('names', names)
  instance.decorateRequest('user', null)
  instance.addHook('onRequest', async (request) => {
    await turn()
    request.user = names[Number(request.headers['x-user'])]
    if (request.user === undefined) throw instance.unauthorized()
  })
  instance.addHook('onSend', async (request, _reply, payload) => {
    await turn()
    return typeof payload === 'string' ? payload.replace('@', request.user ?? 'nobody') : payload
  })
  instance.get('/me', async () => ({ hello: '@' }))
  instance.route({
    method: 'POST',
    url: '/sum',
    schema: {
      body: {
        type: 'object',
        required: ['numbers'],
        properties: { numbers: { type: 'array', items: { type: 'number' } } },
      },
      response: { 200: { type: 'object', properties: { sum: { type: 'number' } } } },
    },
    handler: async ({ body, log }) => {
      let sum = 0
      for await (const number of body.numbers.map(async (number) => number)) sum += number
      log.info({ sum }, 'added')
      return { sum, hidden: true }
    },
  })
  instance.get('/later', (_request, reply) => {
    turn().then(() => reply.code(202).send('later, @'))
  })
  instance.get('/fails', async () => {
    await turn()
    throw new Error('no')
  })
  instance.get('/stream', async (_request, reply) => {
    async function* numbers() {
      for (const number of [1, 2, 3]) {
        await turn()
        yield `${number},`
      }
    }
    const { Readable } = await import('node:stream')
    return reply.type('text/plain').send(Readable.from(numbers()))
  })
}

service.decorate('unauthorized', () => Object.assign(new Error('who?'), { statusCode: 401 }))
service.setErrorHandler(async (error, request, reply) => {
  request.log.error(error, 'failed')
  await turn()
  return reply.code(error.statusCode ?? 500).send({ error: error.message })
})
service.register(users, { prefix: '/users', names: ['ann', 'bob'] })
service.addHook('onClose', async () => {
  await turn()
  console.log('closed')
})
await service.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => 'listening' })

const { port } = service.server.address()
async function ask(path, options = {}) {
  const headers = { 'x-user': '1', ...(options.body && { 'content-type': 'application/json' }), ...options.headers }
  const response = await fetch(`http://127.0.0.1:${port}/users${path}`, { ...options, headers })
  console.log(path, response.status, await response.text())
}
await ask('/me')
await ask('/me', { headers: { 'x-user': '7' } })
await ask('/sum', { method: 'POST', body: '{"numbers":[1,2,3]}' })
await ask('/sum', { method: 'POST', body: '{"numbers":"none"}' })
await ask('/later')
await ask('/fails')
await ask('/stream')
await Promise.all(['0', '1'].map((user) => ask('/me', { headers: { 'x-user': user } }).then(() => user)))
const { statusCode, payload } = await service.inject({ url: '/users/me', headers: { 'x-user': '0' } })
console.log(statusCode, payload)
await service.close()
for (const entry of log) console.log(JSON.stringify(entry))
