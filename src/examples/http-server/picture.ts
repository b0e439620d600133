import { deflateSync } from 'node:zlib'

const SIZE = 64

/**
 * A real picture, a PNG: 64 by 64 pixels that go from black to red from left to right and to green from top to bottom.
 *
 * A PNG is a signature and then chunks: the header, the pixels, the end.
 */
export function picture(): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIZE, 0)
  header.writeUInt32BE(SIZE, 4)
  header.set([8, 2], 8) // eight bits for each of red, green and blue
  const rows: Buffer[] = []
  for (let y = 0; y < SIZE; y++) {
    const row = Buffer.alloc(1 + 3 * SIZE) // the first byte: no filter
    for (let x = 0; x < SIZE; x++) row.set([4 * x, 4 * y, 0], 1 + 3 * x)
    rows.push(row)
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The length of the content, the type, the content, and a checksum of both. */
function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), content])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(content.length)
  framed.set(body, 4)
  framed.writeUInt32BE(checksum(body), body.length + 4)
  return framed
}

/** CRC-32, as PNG asks for it. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}
