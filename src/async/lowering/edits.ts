import type { Origin } from './source-map.js'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string | (() => string)
  /** Whether it stands behind the node that ends there, and so before all that begins there. */
  readonly isSuffix: boolean
}

/** Changes of a text, noted in the order of a walk over its syntax tree and made at once. @internal */
export class Edits {
  private readonly edits: Edit[] = []
  private sorted: readonly Edit[] = []

  constructor(readonly source: string) {}

  /** Puts a text before the node that begins at `at`, inside of what was put there for the nodes around it. */
  before(at: number, text: string | (() => string)): void {
    this.edits.push({ start: at, end: at, text, isSuffix: false })
  }

  /** Puts a text behind the node that ends at `at`; those of inner nodes come first. */
  after(at: number, text: string): void {
    this.edits.push({ start: at, end: at, text, isSuffix: true })
  }

  /** Puts a text in the place of another, of which the edits are lost unless it is made of {@link text}. */
  replace(start: number, end: number, text: string | (() => string)): void {
    this.edits.push({ start, end, text, isSuffix: false })
  }

  /**
   * The text from `start` to `end` with the edits in it. Only to be asked when all are noted.
   *
   * @param origins where its pieces come from, if that is to be noted.
   */
  text(start: number, end: number, origins?: Origin[]): string {
    if (this.sorted.length !== this.edits.length) {
      this.sorted = this.edits.toSorted(
        (one, other) => one.start - other.start || Number(other.isSuffix) - Number(one.isSuffix),
      )
    }
    let text = ''
    let at = start
    const keep = (until: number): void => {
      origins?.push({ generated: text.length, original: at, length: until - at })
      text += this.source.slice(at, until)
    }
    for (const edit of this.sorted.slice(this.firstFrom(start))) {
      if (edit.start > end) break
      if (edit.start < at || edit.end > end) continue
      if (edit.start === edit.end && edit.start === (edit.isSuffix ? start : end)) continue
      keep(edit.start)
      origins?.push({ generated: text.length, original: edit.start, length: 0 })
      text += typeof edit.text === 'string' ? edit.text : edit.text()
      at = edit.end
    }
    keep(end)
    return text
  }

  private firstFrom(start: number): number {
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.sorted[middle]!.start < start) low = middle + 1
      else high = middle
    }
    return low
  }
}
