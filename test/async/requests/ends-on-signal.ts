/** A shop that a signal ends: run by a test, with the name of its server and the deadline. What comes in lets payments go on. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request as ExpressRequest, type Response as ExpressResponse } from 'express'
import { HTTPServer } from 'gvent'
import { killOnDisconnect } from 'gvent/async/runtime'
import { importLowered } from '../import-lowered.js'

const [kind, deadlineText] = process.argv.slice(2)
const deadline = Number(deadlineText)
const shop = await importLowered<typeof import('./shop.js')>(new URL('shop.js', import.meta.url))
shop.log.push = (...lines) => {
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}
const gate = new shop.Gate()
process.stdin.once('data', gate.open)
const { pay } = shop.handlers(gate)
const local = { port: 0, host: '127.0.0.1' }

function listening(address: unknown): void {
  console.log(`listening on ${(address as AddressInfo).port}`)
}

if (kind === 'node:http') {
  const answer = shop.answering(pay, (_request: IncomingMessage, response: ServerResponse) => (text) => {
    response.end(text)
  })
  const server = createServer(
    killOnDisconnect(
      (request: IncomingMessage, response: ServerResponse) => {
        answer(request, response).catch(() => response.destroy())
      },
      { deadline },
    ),
  )
  server.listen(0, '127.0.0.1', () => {
    listening(server.address())
  })
} else {
  // The application is there in any case: one that has nothing to do must not end the program.
  const app = express()
  app.set('env', 'test')
  app.use(killOnDisconnect({ deadline }))
  app.get(
    '/pay',
    shop.answering(pay, (_request: ExpressRequest, response: ExpressResponse) => (text) => response.send(text)),
  )
  const handler = kind === 'Express in HTTPServer' ? app : killOnDisconnect(shop.responding(pay), { deadline })
  const server = new HTTPServer(local, handler as typeof app)
  await server.start()
  listening(server.address())
}
