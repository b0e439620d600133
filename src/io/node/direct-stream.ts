import type { Socket as NodeSocket } from 'node:net'

/*
 * Reading and writing past the two halves of Node's streams, by the methods that Node documents for those who make
 * streams, and not for those who use them. Every stream has them; there is no other way that does not buffer.
 */

/** Has a socket read, as its Readable half would. Does nothing when Node is reading already. @internal */
export function startReading(node: NodeSocket): void {
  node._read(0)
}

/**
 * Writes past the Writable half, which tells at once whether the kernel has taken everything. It would tell a tick later,
 * which costs 10 % of an echo. What somebody else wrote and Node still holds goes first, though.
 * @internal
 */
export function writeDirectly(node: NodeSocket, piece: Uint8Array, written: (error?: Error | null) => void): void {
  if (node.writableLength > 0) node.write(piece, written)
  else node._write(piece, 'buffer' as BufferEncoding, written)
}
