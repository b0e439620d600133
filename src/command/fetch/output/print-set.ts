const FIRST_CAPACITY = 1024

/**
 * A multiset of texts that keeps 64 bits of each: a million take 20 MB, and that two of a million are taken for one happens
 * once in thirty million times.
 */
export class PrintSet {
  /** How many texts were added, and not taken. */
  size = 0
  private used = 0
  private high = new Uint32Array(FIRST_CAPACITY)
  private low = new Uint32Array(FIRST_CAPACITY)
  /** How often each was added, and 1 for its slot. */
  private counts = new Uint16Array(FIRST_CAPACITY)

  /** Adds a text. @returns whether it was not there. */
  add(text: string): boolean {
    if (this.used * 2 >= this.high.length) this.grow()
    const [high, low] = print(text)
    const slot = this.find(high, low)
    if (this.counts[slot] === 0) {
      this.counts[slot] = 1
      this.high[slot] = high
      this.low[slot] = low
      this.used++
    }
    this.size++
    return this.counts[slot]!++ === 1
  }

  /** Whether a text was added, and not taken. */
  has(text: string): boolean {
    const [high, low] = print(text)
    return this.counts[this.find(high, low)]! > 1
  }

  /** Takes a text out once. @returns whether it was there. */
  take(text: string): boolean {
    const [high, low] = print(text)
    const slot = this.find(high, low)
    if (this.counts[slot]! <= 1) return false
    this.counts[slot]!--
    this.size--
    return true
  }

  private find(high: number, low: number): number {
    const mask = this.high.length - 1
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask
    while (this.counts[slot] !== 0 && (this.high[slot] !== high || this.low[slot] !== low)) slot = (slot + 1) & mask
    return slot
  }

  private grow(): void {
    const { high, low, counts } = this
    const capacity = high.length * 2
    this.high = new Uint32Array(capacity)
    this.low = new Uint32Array(capacity)
    this.counts = new Uint16Array(capacity)
    for (let index = 0; index < high.length; index++) {
      if (counts[index] === 0) continue
      const slot = this.find(high[index]!, low[index]!)
      this.high[slot] = high[index]!
      this.low[slot] = low[index]!
      this.counts[slot] = counts[index]!
    }
  }
}

/** Two halves of a hash, each mixed with the other at the end. */
function print(text: string): [high: number, low: number] {
  let one = 0xdeadbeef
  let other = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    one = Math.imul(one ^ code, 2654435761)
    other = Math.imul(other ^ code, 1597334677)
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909)
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909)
  return [one >>> 0, other >>> 0]
}
