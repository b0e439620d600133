/** Chunks that are shorter are copied together, so that a flood of single bytes does not cost an object a byte. */
const SMALL = 1024
/** The size of the block that they are copied into. */
const BLOCK = 16384

/** Memory that short chunks are copied into, and how much of it is used. */
interface Block {
  readonly buffer: Buffer
  used: number
}

/**
 * Bytes that came in and that nobody has taken yet, as the chunks in which they came: taking a chunk, or a piece of
 * one, copies nothing.
 * @internal
 */
export class ByteQueue {
  /** How many bytes it holds. */
  length = 0
  /** How far the parked reader has looked for its delimiter. */
  searched = 0
  private chunks: Buffer[] = []
  /** The block at the end, if that has room for more. */
  private block: Block | null = null

  /** Adds `chunk`, which nobody may change afterwards, at the back. */
  push(chunk: Buffer): void {
    const { length } = this
    this.length += chunk.length
    if (length === 0) this.chunks = [chunk]
    else if (chunk.length < SMALL) this.append(chunk)
    else {
      this.block = null
      this.chunks.push(chunk)
    }
  }

  /** Adds `chunk` at the front. */
  unshift(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (this.length === 0) this.chunks = [chunk]
    else this.chunks.unshift(chunk)
    this.length += chunk.length
  }

  /** Takes the first chunk out, or its first `max` bytes. There must be one. */
  shift(max: number = Infinity): Buffer {
    const { chunks } = this
    const first = chunks[0]!
    if (first.length <= max) {
      if (chunks.length === 1) {
        this.chunks = []
        this.block = null
      } else chunks.shift()
      this.length -= first.length
      return first
    }
    chunks[0] = first.subarray(max)
    this.length -= max
    return first.subarray(0, max)
  }

  /** Takes exactly `size` bytes out. There must be as many. */
  take(size: number): Buffer {
    if (size === 0) return Buffer.alloc(0)
    const first = this.shift(size)
    if (first.length === size) return first
    const whole = Buffer.allocUnsafe(size)
    whole.set(first)
    for (let filled = first.length; filled < size;) {
      const chunk = this.shift(size - filled)
      whole.set(chunk, filled)
      filled += chunk.length
    }
    return whole
  }

  /** A copy of the first `size` bytes, which stay. */
  peek(size: number = this.length): Buffer {
    return Buffer.concat(this.chunks, Math.min(size, this.length))
  }

  /** Where `delimiter` begins; `-1` when it is not there. What this reader has looked through already is not looked through again. */
  find(delimiter: Buffer): number {
    const found = this.indexOf(delimiter, this.searched)
    if (found === -1) this.searched = Math.max(this.length - delimiter.length + 1, 0)
    return found
  }

  /**
   * Where `delimiter` begins for the first time, looking no further back than `from`; `-1` when it is not there.
   * What spans several chunks is found too.
   */
  indexOf(delimiter: Buffer, from = 0): number {
    let start = 0
    for (const [index, chunk] of this.chunks.entries()) {
      const end = start + chunk.length
      if (end > from) {
        const found = chunk.indexOf(delimiter, Math.max(from - start, 0))
        if (found !== -1) return start + found
        const across = this.indexAcross(index, start, delimiter, from)
        if (across !== -1) return across
      }
      start = end
    }
    return -1
  }

  // One that begins in the last bytes of the chunk `index`, which begins at `start`, and ends in those after it.
  private indexAcross(index: number, start: number, delimiter: Buffer, from: number): number {
    const overlap = delimiter.length - 1
    const chunk = this.chunks[index]!
    if (overlap === 0 || index === this.chunks.length - 1) return -1
    const begin = Math.max(chunk.length - overlap, from - start, 0)
    const pieces = [chunk.subarray(begin)]
    let wanted = overlap
    for (let next = index + 1; next < this.chunks.length && wanted > 0; next++) {
      const piece = this.chunks[next]!.subarray(0, wanted)
      pieces.push(piece)
      wanted -= piece.length
    }
    const found = Buffer.concat(pieces).indexOf(delimiter)
    return found === -1 ? -1 : start + begin + found
  }

  private append(chunk: Buffer): void {
    const { chunks, block } = this
    const last = chunks.length - 1
    if (block !== null && block.used + chunk.length <= BLOCK) {
      const { buffer, used } = block
      buffer.set(chunk, used)
      block.used += chunk.length
      // The last chunk ends where the used part of the block ends, wherever it begins by now.
      const begin = used - chunks[last]!.length
      chunks[last] = buffer.subarray(begin, block.used)
    } else {
      const buffer = Buffer.allocUnsafeSlow(BLOCK)
      buffer.set(chunk)
      this.block = { buffer, used: chunk.length }
      chunks.push(buffer.subarray(0, chunk.length))
    }
  }
}
