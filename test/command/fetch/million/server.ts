/**
 * A server as fast as Node can make one: it answers each request with the same page, and sends its parent its port, and then how
 * many were asked for, as often as so many came as its argument says.
 */
import { createServer, type AddressInfo } from 'node:net'

const every = Number(process.argv[2])
const page = 'x'.repeat(1000)
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
)
let requests = 0

const server = createServer({ noDelay: true }, (socket) => {
  let rest = ''
  socket.on('error', () => undefined)
  socket.on('data', (data) => {
    const parts = (rest + data.toString('latin1')).split('\r\n\r\n')
    rest = parts.pop()!
    while (parts.pop() !== undefined) {
      socket.write(answer)
      if (++requests % every === 0) process.send!({ requests })
    }
  })
})
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
