import type { Socket as NodeSocket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { thread } from '../../scheduler/kernel/thread.js'
import { Socket } from '../net/socket.js'
import { startReading } from '../node/direct-stream.js'
import { loadBuiltin } from '../node/load-builtin.js'

/**
 * How often is read from the pipe of a process that has ended: 64 KiB at a time, and a pipe holds some 200 kB.
 * @internal
 */
export const MOST_READS = 8

/** A pipe to the stdin of a process. @internal */
export function toProcess(stream: Writable | null): Socket | null {
  if (stream === null) return null
  if ('_read' in stream) return Socket.from(stream as NodeSocket)
  // That of Bun is no socket.
  const { Duplex } = loadBuiltin('node:stream') as typeof import('node:stream')
  return Socket.from(Duplex.from({ writable: stream }) as NodeSocket)
}

/**
 * A pipe from the stdout or stderr of a process: nothing goes the other way, so it is closed when it has ended.
 * @internal
 */
export function fromProcess(stream: Readable | null): Socket | null {
  if (stream === null) return null
  const socket = Socket.from(stream as NodeSocket)
  stream.on('end', () => stream.destroy())
  return socket
}

/**
 * Reads what a process that has ended has left in a pipe, to have it at hand: unless its end is seen the pipe stays
 * open, and few programs read the output of a process that has ended.
 * @internal
 */
export function readAhead({ node }: Socket, reads: number = MOST_READS): void {
  if (node.destroyed || node.readableEnded || reads === 0) return
  const { bytesRead } = node
  const { platform } = thread.hub
  startReading(node)
  // In the second turn from now on it has been polled once.
  platform.later(() => {
    platform.later(() => {
      if (node.bytesRead > bytesRead) readAhead(Socket.from(node), reads - 1)
    })
  })
}
