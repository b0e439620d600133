import { Socket as NodeSocket } from 'node:net'
import { getHub } from '../../scheduler/kernel/thread.js'
import { keepFreedMemory } from './freed-memory.js'

/** Receives what a socket of Node's has read. */
export interface ChunkReceiver {
  /** @returns whether to go on reading. */
  arrived(chunk: Buffer): boolean
  /** Whether somebody waits for more. */
  readonly isAwaited: boolean
}

const receiverSlot = Symbol('gvent.receiver')

interface Redirected extends NodeSocket {
  [receiverSlot]?: ChunkReceiver | undefined
  [slot: symbol]: unknown
  _handle?: { readonly fd?: number; useUserBuffer?: (buffer: Buffer) => void } | null
}

/** How much is read at a time. Twice as much as Node's own reads would be too much for the caches of many a processor. */
const SIZE = 131072
/** How long what comes is in a stream of much: TLS gives no more at a time. */
const LONG = 16384

interface Intake {
  /** Into which all connections read. */
  readonly shared: Buffer
  /** Where Node keeps the options of a socket; `undefined` if that cannot be found. */
  readonly slots: { readonly buffer: symbol; readonly callback: symbol } | undefined
}

/** Made with the first connection: a program without any loads nothing for it. */
let intake: Intake | undefined

/**
 * Sends all that `node` reads to `receiver`, past the buffers and events of its Readable half, which cost as much again
 * as the read itself. `node._read()` makes it read, as it does for the Readable; `false` from the receiver stops it.
 *
 * There are two ways in. The cheap one is the buffer that `net.connect({ onread })` takes. All connections share one,
 * which stays in the processor's cache, and out of which each gets a copy of just what came. Node allocates, shrinks and
 * wraps 64 KiB for each read otherwise, which is 10 % of an echo of 64 bytes, and no cheaper than the copy when all of
 * it is filled. Node offers `onread` for connections that it opens only; those that a server accepts have the same
 * slots, and they are found by looking where Node puts its options. If that fails one day, or the stream has no
 * handle of the system, what is read comes through `push`, which is how any stream is filled.
 *
 * @internal
 */
export function redirectReads(node: NodeSocket, receiver: ChunkReceiver): void {
  intake ??= makeIntake()
  const { shared, slots } = intake
  const redirected = node as Redirected
  redirected[receiverSlot] = receiver
  const handle = redirected._handle
  if (slots !== undefined && !node.connecting && typeof handle?.useUserBuffer === 'function') {
    redirected[slots.buffer] = shared
    redirected[slots.callback] = handle.fd! >= 0 ? onSystemRead : onRead
    handle.useUserBuffer(shared)
  } else redirected.push = onPush
}

/** Sends what `node` reads from now on to its Readable half again. @internal */
export function restoreReads(node: NodeSocket): void {
  ;(node as Redirected)[receiverSlot] = undefined
}

/** Returns the receiver of what `node` reads, if there is one. @internal */
export function receiverOf(node: NodeSocket): ChunkReceiver | undefined {
  return (node as Redirected)[receiverSlot]
}

function onRead(this: Redirected, size: number): boolean {
  return deliver(this, takeChunk(size))
}

// What the system calls has no other JavaScript below it, so that a reader goes on at once: a turn of its own would cost a
// promise and a job for each chunk.
function onSystemRead(this: Redirected, size: number): boolean {
  const chunk = takeChunk(size)
  const hadReceiver = this[receiverSlot] !== undefined
  let goesOn = false
  getHub().queue.turnAfter(() => {
    goesOn = deliver(this, chunk)
  })
  // The reader may have come again meanwhile, or have let go of the socket: then it reads on, and Node stops it with the next chunk.
  return goesOn || (hadReceiver && this[receiverSlot]?.isAwaited !== false)
}

function takeChunk(size: number): Buffer {
  const chunk = Buffer.allocUnsafe(size)
  intake!.shared.copy(chunk, 0, 0, size)
  return chunk
}

function onPush(this: Redirected, chunk: Uint8Array | string | null, encoding?: BufferEncoding): boolean {
  if (typeof chunk === 'string') return deliver(this, Buffer.from(chunk, encoding))
  if (chunk !== null) return deliver(this, asBuffer(chunk))
  NodeSocket.prototype.push.call(this, null)
  // The end is announced to those who read, and nobody reads from the Readable half.
  this.read(0)
  return false
}

/** Returns the same bytes as a Buffer, not copied. @internal */
export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

// The buffer cannot be taken out of the handle again, so after `restoreReads` its content goes where Node would have put it.
function deliver(node: Redirected, chunk: Buffer): boolean {
  if (chunk.length >= LONG) keepFreedMemory()
  const receiver = node[receiverSlot]
  return receiver === undefined ? NodeSocket.prototype.push.call(node, chunk) : receiver.arrived(chunk)
}

function makeIntake(): Intake {
  const shared = Buffer.allocUnsafeSlow(SIZE)
  return { shared, slots: findSlots(shared) }
}

function findSlots(shared: Buffer): Intake['slots'] {
  const callback = (): boolean => true
  const probe = new NodeSocket({ onread: { buffer: shared, callback } } as object) as Redirected
  const find = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((symbol) => probe[symbol] === value)
  const buffer = find(shared)
  const back = find(callback)
  return buffer === undefined || back === undefined ? undefined : { buffer, callback: back }
}
