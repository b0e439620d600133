import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Socket } from 'node:net'

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

/**
 * As much of a WebSocket client as the inspector needs: Node 20 has none of its own.
 */
export class WebSocketClient {
  onMessage: (text: string) => void = () => undefined
  onClose: () => void = () => undefined
  private buffered: Buffer
  private fragments: Buffer[] = []

  private constructor(
    private readonly socket: Socket,
    head: Buffer,
  ) {
    this.buffered = head
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk])
      this.read()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.onClose()
    })
  }

  static open(port: number, path: string): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const upgrade = request({
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        },
      })
      upgrade.once('upgrade', (_response, socket, head) => {
        resolve(new WebSocketClient(socket, head))
      })
      upgrade.once('response', ({ statusCode }) => {
        reject(new Error(`the inspector answered ${String(statusCode)}`))
      })
      upgrade.once('error', reject)
      upgrade.end()
    })
  }

  send(text: string): void {
    this.write(TEXT, Buffer.from(text))
  }

  close(): void {
    this.socket.destroy()
  }

  private write(opcode: number, payload: Buffer): void {
    const { length } = payload
    const size = length < 126 ? 0 : length < 65536 ? 2 : 8
    const head = Buffer.alloc(6 + size)
    head[0] = 0x80 | opcode
    head[1] = 0x80 | (size === 0 ? length : size === 2 ? 126 : 127)
    if (size === 2) head.writeUInt16BE(length, 2)
    else if (size === 8) head.writeBigUInt64BE(BigInt(length), 2)
    const mask = randomBytes(4)
    mask.copy(head, 2 + size)
    const masked = Buffer.from(payload)
    for (let index = 0; index < length; index++) masked[index]! ^= mask[index & 3]!
    this.socket.write(Buffer.concat([head, masked]))
  }

  private read(): void {
    for (;;) {
      const { buffered } = this
      if (buffered.length < 2) return
      const short = buffered[1]! & 0x7f
      const size = short < 126 ? 0 : short === 126 ? 2 : 8
      if (buffered.length < 2 + size) return
      const length = size === 0 ? short : size === 2 ? buffered.readUInt16BE(2) : Number(buffered.readBigUInt64BE(2))
      const end = 2 + size + length
      if (buffered.length < end) return
      this.buffered = buffered.subarray(end)
      this.receive(buffered[0]!, buffered.subarray(2 + size, end))
    }
  }

  private receive(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    if (opcode === CLOSE) this.socket.destroy()
    else if (opcode === PING) this.write(PONG, payload)
    else if (opcode < CLOSE) {
      this.fragments.push(payload)
      if ((first & 0x80) === 0) return
      const text = Buffer.concat(this.fragments).toString()
      this.fragments = []
      this.onMessage(text)
    }
  }
}
