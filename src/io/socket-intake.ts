import { Socket as NodeSocket } from 'node:net'

/** Who gets what a socket of Node's has read. */
export interface Intake {
  /** @returns whether to go on reading. */
  arrived(chunk: Buffer): boolean
}

const intake = Symbol('gvent.intake')

/** Whether a connection has a buffer of its own that counts. */
const owning = Symbol('gvent.owning')

interface Tapped extends NodeSocket {
  [intake]?: Intake | undefined
  [owning]?: boolean
  [slot: symbol]: unknown
  _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null
}

/** As much as Node reads at a time. */
const SIZE = 65536
/** What is longer is given out as it is; what is shorter is copied, and its buffer used again. */
const LONG = 32768
/** How many connections may have a buffer of their own, in which the next long read will be. */
const MOST_OWNERS = 64

/** Into which all connections read that have no buffer of their own. */
const shared = Buffer.allocUnsafeSlow(SIZE)
let owners = 0
/** Into which the connection that has just read is to read the next time; `undefined` for the same as before. */
let next: Buffer | undefined
const slots = findSlots()

/**
 * Sends all that `node` reads to `receiver`, past the buffers and events of its Readable half, which cost as much again
 * as the read itself. `node._read()` makes it read, as it does for the Readable; `false` from the receiver stops it.
 *
 * There are two ways in. The cheap one is the buffer that `net.connect({ onread })` takes. Node allocates, shrinks and
 * wraps 64 KiB for each read otherwise; to copy short ones out of a buffer that all connections share makes an echo of
 * 64 bytes 10 % cheaper. To copy long ones would cost a quarter of the throughput of a stream, so they are given out in
 * their buffer, and the connection gets another one: as long as its reads are long, and for as many connections as may
 * have one lying idle. Node offers `onread` for connections that it opens only; those that a server accepts have the
 * same slots, and they are found by looking where Node puts its options. If that fails one day, or the stream stands on
 * no handle of the system, what is read comes through `push`, which is how any stream is filled.
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
    tapped[slots.nextBuffer] = takeNext
    handle.useUserBuffer(shared)
  } else tapped.push = onPush
}

/** Sends what `node` reads from now on to its Readable half again. @internal */
export function untap(node: NodeSocket): void {
  ;(node as Tapped)[intake] = undefined
  disown(node)
}

/** To whom what `node` reads is sent. @internal */
export function receiverOf(node: NodeSocket): Intake | undefined {
  return (node as Tapped)[intake]
}

function onRead(this: Tapped, size: number, buffer: Buffer): boolean {
  const isLong = size >= LONG
  const isOwn = buffer !== shared
  const chunk = isLong && isOwn ? buffer.subarray(0, size) : copy(buffer, size)
  const goOn = deliver(this, chunk)
  if (isLong && goOn && own(this)) next = Buffer.allocUnsafeSlow(SIZE)
  else if (isOwn) {
    disown(this)
    next = shared
  }
  return goOn
}

function copy(buffer: Buffer, size: number): Buffer {
  const chunk = Buffer.allocUnsafe(size)
  buffer.copy(chunk, 0, 0, size)
  return chunk
}

function own(node: Tapped): boolean {
  if (node[owning]) return true
  if (owners === MOST_OWNERS || node[intake] === undefined) return false
  owners++
  return (node[owning] = true)
}

/** Lets another connection have the buffer of `node`, if it has one: it reads no more, or nothing long. @internal */
export function disown(node: NodeSocket): void {
  const tapped = node as Tapped
  if (!tapped[owning]) return
  owners--
  tapped[owning] = false
}

// Node asks for it right after each read.
function takeNext(): Buffer | undefined {
  const buffer = next
  next = undefined
  return buffer
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

function findSlots(): { buffer: symbol; nextBuffer: symbol; callback: symbol } | undefined {
  const callback = (): boolean => true
  const makeBuffer = (): Buffer => shared
  const find = (options: object, value: unknown): symbol | undefined => {
    const probe = new NodeSocket({ onread: options } as object) as Tapped
    return Object.getOwnPropertySymbols(probe).find((symbol) => probe[symbol] === value)
  }
  const buffer = find({ buffer: shared, callback }, shared)
  const nextBuffer = find({ buffer: makeBuffer, callback }, makeBuffer)
  const back = find({ buffer: shared, callback }, callback)
  if (buffer === undefined || nextBuffer === undefined || back === undefined) return undefined
  return { buffer, nextBuffer, callback: back }
}
