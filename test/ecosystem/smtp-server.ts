import { EventEmitter, once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after } from 'node:test'

/** A server that takes mail, on loopback, and tells what it got. */
export interface SMTPServer {
  readonly port: number
  /** The text of each mail that was taken. */
  readonly mails: string[]
  /** How many connections there were. */
  connections: number
  /** Resolves when a mail has come whose text includes `text`; it is taken when the function is called. */
  held(text: string): Promise<() => void>
}

/** Starts such a server, which ends with the test file. A mail whose text includes `hold` is taken only when it is let go. */
export async function startSMTP(): Promise<SMTPServer> {
  const events = new EventEmitter()
  const sockets = new Set<Socket>()
  const smtp: SMTPServer = {
    port: 0,
    mails: [],
    connections: 0,
    held: async (text) => ((await once(events, text)) as [() => void])[0],
  }
  const server = createServer((socket) => {
    smtp.connections++
    sockets.add(socket.once('close', () => sockets.delete(socket)))
    let unread = ''
    let isData = false
    const answer = (line: string): void => void socket.write(`${line}\r\n`)
    const take = (mail: string): void => {
      const taken = (): void => {
        smtp.mails.push(mail)
        answer('250 taken')
      }
      const held = /hold [a-z]+/.exec(mail)?.[0]
      if (held === undefined) taken()
      else events.emit(held, taken)
    }
    const command = (line: string): void => {
      if (/^(EHLO|HELO)/.test(line)) answer('250 test')
      else if (line === 'DATA') {
        isData = true
        answer('354 go on')
      } else if (line === 'QUIT') socket.end('221 bye\r\n')
      else if (line.includes('<nobody@')) answer('550 there is nobody')
      else answer('250 ok')
    }
    socket.setEncoding('utf8').on('data', (text: string) => {
      unread += text
      for (;;) {
        const end = isData ? '\r\n.\r\n' : '\r\n'
        const index = unread.indexOf(end)
        if (index < 0) return
        const part = unread.slice(0, index)
        unread = unread.slice(index + end.length)
        if (isData) {
          isData = false
          take(part)
        } else command(part)
      }
    })
    socket.on('error', () => undefined)
    answer('220 test')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return Object.assign(smtp, { port: (server.address() as AddressInfo).port })
}
