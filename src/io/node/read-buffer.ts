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

/** How much is read at a time. Twice as much as Node's own reads would be too much for the caches of many a processor. */
const SIZE = 131072
/** How long what comes is in a stream of much: TLS gives no more at a time. */
const LONG = 16384
/** How much memory the system's allocator is to keep when it is freed: more than becomes free in one collection. */
const KEPT = 2 ** 25

/** Into which all connections read. */
const shared = Buffer.allocUnsafeSlow(SIZE)
let keeping = false
const slots = findSlots()

/**
 * Sends all that `node` reads to `receiver`, past the buffers and events of its Readable half, which cost as much again
 * as the read itself. `node._read()` makes it read, as it does for the Readable; `false` from the receiver stops it.
 *
 * There are two ways in. The cheap one is the buffer that `net.connect({ onread })` takes. All connections share one,
 * which stays in the processor's cache, and out of which each gets a copy of just what came. Node allocates, shrinks and
 * wraps 64 KiB for each read otherwise, which is 10 % of an echo of 64 bytes, and no cheaper than the copy when all of
 * it is filled. Node offers `onread` for connections that it opens only; those that a server accepts have the same
 * slots, and they are found by looking where Node puts its options. If that fails one day, or the stream stands on no
 * handle of the system, what is read comes through `push`, which is how any stream is filled.
 *
 * @internal
 */
export function tap(node: NodeSocket, receiver: Intake): void {
  const tapped = node as Tapped
  tapped[intake] = receiver
  const handle = tapped._handle
  if (slots !== undefined && !node.connecting && typeof handle?.useUserBuffer === 'function') {
    tapped[slots.buffer] = shared
    tapped[slots.callback] = onRead
    handle.useUserBuffer(shared)
  } else tapped.push = onPush
}

/** Sends what `node` reads from now on to its Readable half again. @internal */
export function untap(node: NodeSocket): void {
  ;(node as Tapped)[intake] = undefined
}

/** To whom what `node` reads is sent. @internal */
export function receiverOf(node: NodeSocket): Intake | undefined {
  return (node as Tapped)[intake]
}

function onRead(this: Tapped, size: number): boolean {
  const chunk = Buffer.allocUnsafe(size)
  shared.copy(chunk, 0, 0, size)
  return deliver(this, chunk)
}

/**
 * What a stream brings becomes garbage at the rate at which it comes, and a collection frees tens of megabytes of it at
 * once. The allocator of glibc gives the end of the heap back to the system as soon as 128 KiB of it are free, and what
 * was just freed is faulted in again page by page, 3 µs each: three quarters of the time that a stream takes, unless
 * something happens to lie at the end. But it keeps twice the length of the longest block that it has mapped by itself
 * and freed (mallopt(3), M_MMAP_THRESHOLD), and this has it free one. No page of it is ever touched. The port is closed
 * before the block is sent, so that it is freed at once, and not by a collection, if one comes soon enough.
 */
function keepFreedMemory(): void {
  keeping = true
  const { port1 } = new MessageChannel()
  port1.close()
  port1.postMessage(null, [new ArrayBuffer(KEPT / 2)])
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
  if (!keeping && chunk.length >= LONG) keepFreedMemory()
  const receiver = node[intake]
  return receiver === undefined ? NodeSocket.prototype.push.call(node, chunk) : receiver.arrived(chunk)
}

function findSlots(): { buffer: symbol; callback: symbol } | undefined {
  const callback = (): boolean => true
  const probe = new NodeSocket({ onread: { buffer: shared, callback } } as object) as Tapped
  const find = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((symbol) => probe[symbol] === value)
  const buffer = find(shared)
  const back = find(callback)
  return buffer === undefined || back === undefined ? undefined : { buffer, callback: back }
}
