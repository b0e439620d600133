import { Socket as NodeSocket } from 'node:net'

/** Who gets what a socket of Node's has read. */
export interface Intake {
  /** @returns whether to go on reading. */
  arrived(chunk: Buffer): boolean
}

const intake = Symbol('gvent.intake')

interface Tapped extends NodeSocket {
  [intake]?: Intake | undefined
  [slot: symbol]: unknown
  _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null
}

/** As large as the buffer that Node would allocate for each read. */
const shared = Buffer.allocUnsafeSlow(65536)
const slots = findSlots()

/**
 * Sends all that `node` reads to `receiver`, past the buffers and events of its Readable half, which cost as much again
 * as the read itself. `node._read()` makes it read, as it does for the Readable; `false` from the receiver stops it.
 *
 * There are two ways in. The cheap one is the buffer that `net.connect({ onread })` takes: one for all sockets, out of
 * which each read is copied. Node allocates, shrinks and wraps 64 KiB for each read otherwise: an echo of 64 bytes
 * costs 20 % more. Node offers it for connections that it opens only; those that a server accepts have the same slots,
 * and they are found by looking where Node puts a buffer. If that fails one day, or the stream stands on no handle of
 * the system, what is read comes through `push`, which is how any stream is filled.
 *
 * @internal
 */
export function tap(node: NodeSocket, receiver: Intake): void {
  const tapped = node as Tapped
  tapped[intake] = receiver
  const handle = tapped._handle
  if (slots !== undefined && typeof handle?.useUserBuffer === 'function') {
    tapped[slots.buffer] = shared
    tapped[slots.callback] = onRead
    handle.useUserBuffer(shared)
  } else tapped.push = onPush
}

/** Sends what `node` reads from now on to its Readable half again. @internal */
export function untap(node: NodeSocket): void {
  const tapped = node as Tapped
  tapped[intake] = undefined
}

function onRead(this: Tapped, size: number, buffer: Buffer): boolean {
  const chunk = Buffer.allocUnsafe(size)
  buffer.copy(chunk, 0, 0, size)
  return deliver(this, chunk)
}

function onPush(this: Tapped, chunk: Buffer | string | null, encoding?: BufferEncoding): boolean {
  if (typeof chunk === 'string') return deliver(this, Buffer.from(chunk, encoding))
  if (chunk !== null) return deliver(this, chunk)
  NodeSocket.prototype.push.call(this, null)
  // The end is announced to those who read, and nobody reads from the Readable half.
  this.read(0)
  return false
}

// The buffer cannot be taken out of the handle again, so after `untap` its content goes where Node would have put it.
function deliver(node: Tapped, chunk: Buffer): boolean {
  const receiver = node[intake]
  return receiver === undefined ? NodeSocket.prototype.push.call(node, chunk) : receiver.arrived(chunk)
}

function findSlots(): { buffer: symbol; callback: symbol } | undefined {
  const callback = (): boolean => true
  const probe = new NodeSocket({ onread: { buffer: shared, callback } } as object) as Tapped
  const symbols = Object.getOwnPropertySymbols(probe)
  const buffer = symbols.find((symbol) => probe[symbol] === shared)
  const back = symbols.find((symbol) => probe[symbol] === callback)
  return buffer === undefined || back === undefined ? undefined : { buffer, callback: back }
}
