import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { node } from './project.js'

// In the package's own folder, so that programs find what it has installed.
const folder = mkdtempSync(join(fileURLToPath(new URL('../..', import.meta.url)), 'programs-'))
after(() => {
  rmSync(folder, { recursive: true })
})

const COMMON = `import { once } from 'node:events'
async function query(n) {
  await new Promise((resolve) => setImmediate(resolve))
  if (n === 'bad') throw new Error('bad')
  return { n }
}
async function ask(port) {
  for (const path of ['/1', '/bad', '/no/route']) {
    const response = await fetch('http://127.0.0.1:' + port + path)
    console.log(response.status, response.headers.get('x-after'), await response.text())
  }
  process.exit()
}
`
const programs: Record<string, string> = {
  Express: `import express from 'express'
const app = express()
app.get('/:n', async (request, response) => { const one = await query(request.params.n); response.json([one, await query('2')]) })
app.use((error, request, response, next) => { response.status(500).send(error.message) })
const server = app.listen(0)
await once(server, 'listening')
await ask(server.address().port)`,
  Fastify: `import Fastify from 'fastify'
const app = Fastify()
app.addHook('preHandler', async (request) => { request.user = await query('user') })
app.get('/:n', async (request) => [request.user, await query(request.params.n)])
await app.listen({ port: 0 })
await ask(app.server.address().port)`,
  Hono: `import { Hono } from 'hono'
import { serve } from '@hono/node-server'
const app = new Hono()
app.use(async (context, next) => { await next(); context.header('x-after', (await query('after')).n) })
app.get('/:n', async (context) => context.json(await query(context.req.param('n'))))
app.onError((error, context) => context.text(error.message, 500))
const server = serve({ fetch: app.fetch, port: 0 })
await once(server, 'listening')
await ask(server.address().port)`,
  'p-limit': `import pLimit from 'p-limit'
const limit = pLimit(2)
let [active, most] = [0, 0]
const work = async (n) => { most = Math.max(most, ++active); await query(n); active--; return n }
console.log(await Promise.all([1, 2, 3, 4].map((n) => limit(async () => await work(n)))), most)`,
}

for (const [name, program] of Object.entries(programs)) {
  test(`a program with ${name} answers as natively, with its packages compiled, too`, async () => {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, COMMON + program)
    const natively = await node(folder, [file])
    assert.deepEqual([natively.code, natively.stderr], [0, ''])
    for (const GVENT_ASYNC of ['', '*']) {
      assert.deepEqual(await node(folder, ['--import', 'gvent/async', file], { GVENT_ASYNC }), natively)
    }
  })
}
