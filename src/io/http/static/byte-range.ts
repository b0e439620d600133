/** A part of something, from `start` to `end`, which does not belong to it any more. @internal */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * The part that a header `Range` asks for.
 *
 * A request for several parts at once gets the whole, as one that cannot be understood does, which RFC 9110, 14.2, leaves to the
 * server: a great many small or overlapping parts cost it far more than the whole, and those who ask for several are rare.
 *
 * @returns `undefined` for the whole; `null` when there is no such part.
 * @internal
 */
export function rangeOf(header: string | null, size: number): ByteRange | null | undefined {
  const [unit, positions, ...others] = (header ?? '').split('=')
  const [first, last, ...more] = (positions ?? '').split('-').map((position) => position.trim())
  if (unit!.trim().toLowerCase() !== 'bytes' || others.length > 0 || more.length > 0) return undefined
  if (!isPosition(first) || !isPosition(last) || (first === '' && last === '')) return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? null : { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === '' ? Infinity : Number(last)
  if (end < start) return undefined
  return start >= size ? null : { start, end: Math.min(end + 1, size) }
}

// Piece by piece: an expression for the whole of it would look at spaces that are followed by nothing once for each of them.
function isPosition(text: string | undefined): text is string {
  return text !== undefined && /^\d*$/.test(text)
}
