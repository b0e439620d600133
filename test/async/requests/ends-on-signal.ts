/** A shop on node:http that a signal ends: run by a test. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { killOnDisconnect } from 'gvent/async/runtime'
import { importLowered } from '../import-lowered.js'

const shop = await importLowered<typeof import('./shop.js')>(new URL('shop.js', import.meta.url))
shop.log.push = (...lines) => {
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}
const handlers = shop.handlers(new shop.Gate())
const pay = shop.answering(
  handlers.pay,
  (_request: IncomingMessage, response: ServerResponse) => (answer) => response.end(answer),
)
const server = createServer(
  killOnDisconnect(
    (request: IncomingMessage, response: ServerResponse) => {
      pay(request, response).catch(() => response.destroy())
    },
    { deadline: 20 },
  ),
)
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`)
})
