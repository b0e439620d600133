import { createSocket, type RemoteInfo } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'

/** A question that came in: `A name.test`. */
export interface Question {
  readonly text: string
  /** Answers with these texts or addresses; with none, that the name does not exist. */
  answer(...values: string[]): void
}

const TYPES: Record<number, string> = { 1: 'A', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA' }

/** A name server on this machine, for the resolvers of this process until it is closed. It answers when a test says so. */
export class NameServer {
  readonly questions: Question[] = []
  private readonly socket = createSocket('udp4')
  private readonly previous = dns.getServers()
  private arrived: () => void = () => undefined

  async open(): Promise<this> {
    this.socket.on('message', (message, from) => {
      this.questions.push(this.read(message, from))
      this.arrived()
    })
    this.socket.bind(0, '127.0.0.1')
    await once(this.socket, 'listening')
    dns.setServers([`127.0.0.1:${this.socket.address().port}`])
    return this
  }

  close(): void {
    dns.setServers(this.previous)
    this.socket.close()
  }

  /** Waits until there were so many questions, and gives the last. */
  async asked(count: number): Promise<Question> {
    while (this.questions.length < count) await new Promise<void>((resolve) => (this.arrived = resolve))
    return this.questions[count - 1]!
  }

  private read(message: Buffer, from: RemoteInfo): Question {
    let end = 12
    const labels: string[] = []
    for (let size = message[end]!; size > 0; size = message[end]!) {
      labels.push(message.toString('latin1', end + 1, end + 1 + size))
      end += size + 1
    }
    const type = message.readUInt16BE(end + 1)
    const question = message.subarray(12, end + 5)
    const answer = (...values: string[]): void => {
      const head = Buffer.alloc(12)
      message.copy(head, 0, 0, 2)
      head.writeUInt16BE(values.length > 0 ? 0x8180 : 0x8183, 2)
      head.writeUInt16BE(1, 4)
      head.writeUInt16BE(values.length, 6)
      const records = values.map((value) => record(type, value))
      this.socket.send(Buffer.concat([head, question, ...records]), from.port, from.address)
    }
    return { text: `${TYPES[type] ?? type} ${labels.join('.')}`, answer }
  }
}

function record(type: number, value: string): Buffer {
  const data = dataOf(type, value)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(60, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function dataOf(type: number, value: string): Buffer {
  if (type === 1) return Buffer.from(value.split('.').map(Number))
  if (type === 28)
    return Buffer.from(value.split(':').flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 255]))
  if (type === 16) return Buffer.from([value.length, ...Buffer.from(value)])
  const name = Buffer.concat([
    ...value.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.alloc(1),
  ])
  return type === 15 ? Buffer.concat([Buffer.from([0, 10]), name]) : name
}
