/** As much of a stream as drawing on it takes; `process.stderr` is one. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

type Environment = Readonly<Record<string, string | undefined>>

/** Whether lines can be drawn over on it: it is a terminal, and one that can move its cursor. */
export function isLive(screen: Screen, environment: Environment = process.env): boolean {
  return screen.isTTY === true && environment['TERM'] !== 'dumb'
}

/** The number of columns that text may fill. The last one stays free: some terminals go to the next line after it. */
export function widthOf(screen: Screen): number {
  const { columns = 0 } = screen
  // A terminal that does not know its width says 0.
  return Math.max(1, (columns > 0 ? columns : 80) - 1)
}

/** Colours text, or leaves it as it is. */
export class Paint {
  constructor(private readonly colored: boolean) {}

  /** For a screen: colours if it is a terminal and NO_COLOR is not set (https://no-color.org). */
  static for(screen: Screen, environment: Environment = process.env): Paint {
    return new Paint(isLive(screen, environment) && (environment['NO_COLOR'] ?? '') === '')
  }

  readonly red = (text: string): string => this.apply(31, text)
  readonly green = (text: string): string => this.apply(32, text)
  readonly dim = (text: string): string => this.apply(2, text)

  private apply(code: number, text: string): string {
    return this.colored && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text
  }
}

/**
 * Text from elsewhere on one line, without anything that a terminal would obey: line ends, escape sequences, marks that
 * turn the direction of writing.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
}

/** Text cut to a width; an ellipsis stands for its beginning or its end. */
export function fit(text: string, width: number, cut: 'beginning' | 'end' = 'end'): string {
  if (text.length <= width) return text
  if (width <= 1) return '…'.slice(0, width)
  return cut === 'end' ? `${text.slice(0, width - 1)}…` : `…${text.slice(text.length - width + 1)}`
}
