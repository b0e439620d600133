/** Where a piece of generated text comes from, both places as offsets. @internal */
export interface Origin {
  readonly generated: number
  readonly original: number
  /** How much of the text is the original's own, letter by letter. */
  readonly length: number
}

/** A source map, version 3, of one source. */
export interface SourceMap {
  /** 3. */
  readonly version: number
  /** The file that was lowered. */
  readonly sources: string[]
  /** Its text. */
  readonly sourcesContent: string[]
  /** No names are mapped. */
  readonly names: string[]
  /** The places. */
  readonly mappings: string
}

/** Makes a source map of two texts with as many lines, word by word. @internal */
export function sourceMap(source: string, generated: string, origins: readonly Origin[], url: string): SourceMap {
  const [from, to] = [lineStarts(source), lineStarts(generated)]
  const mappings: string[] = []
  let line = 0
  let segments: string[] = []
  let [lastColumn, lastLine, lastOrigin] = [0, 0, 0]
  const add = (offset: number, origin: number): void => {
    for (; to[line + 1] !== undefined && to[line + 1]! <= offset; line++) {
      mappings.push(segments.join(','))
      segments = []
      lastColumn = 0
    }
    const originLine = lineOf(from, origin)
    const [column, originColumn] = [offset - to[line]!, origin - from[originLine]!]
    segments.push(
      digits(column - lastColumn) + digits(0) + digits(originLine - lastLine) + digits(originColumn - lastOrigin),
    )
    ;[lastColumn, lastLine, lastOrigin] = [column, originLine, originColumn]
  }
  for (const { generated: start, original, length } of origins) {
    if (length === 0) add(start, original)
    else
      for (const { index } of source.slice(original, original + length).matchAll(WORD))
        add(start + index, original + index)
  }
  mappings.push(segments.join(','))
  return { version: 3, sources: [url], sourcesContent: [source], names: [], mappings: mappings.join(';') }
}

const WORD = /\w+|[^\w\s]|\n/g

function lineStarts(text: string): number[] {
  const starts = [0]
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(index + end.length)
  return starts
}

/** The last line that begins at an offset or before it. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** A number as source maps write it: five bits a digit, the lowest first, the sign in the lowest of all. */
function digits(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += BASE64[rest > 0 ? digit | 32 : digit]!
  } while (rest > 0)
  return text
}
