import { Paint, fit, isLive, widthOf, type Screen } from './terminal.js'
import { count } from './units.js'

/** How far the work is. */
export interface Counts {
  readonly fetched: number
  readonly failed: number
  readonly running: number
  /** How many there are in all, as far as that is known. */
  readonly total: number | undefined
  readonly milliseconds: number
}

const ERASE_LINE = '\r\x1b[K'
const WIDEST_BAR = 40
const NARROWEST_BAR = 8

/** A line at the bottom of a terminal that says how far the work is. On anything else it draws nothing. */
export class ProgressBar {
  private shown = ''
  private readonly live: boolean
  private readonly paint: Paint

  constructor(
    private readonly screen: Screen,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.live = isLive(screen, environment)
    this.paint = Paint.for(screen, environment)
  }

  /** Draws the line anew. */
  draw(counts: Counts): void {
    if (!this.live) return
    const line = this.line(counts, widthOf(this.screen))
    if (line === this.shown) return
    this.shown = line
    this.screen.write(ERASE_LINE + line)
  }

  /** Prints something in the place of the line, which moves down. */
  printAbove(print: () => void): void {
    const { shown } = this
    this.erase()
    print()
    if (shown === '') return
    this.shown = shown
    this.screen.write(shown)
  }

  /** Takes the line away. */
  erase(): void {
    if (this.shown !== '') this.screen.write(ERASE_LINE)
    this.shown = ''
  }

  private line(counts: Counts, width: number): string {
    const { fetched, failed, running, total, milliseconds } = counts
    const done = fetched + failed
    const words = [total === undefined ? count(done) : `${count(done)}/${count(Math.max(total, done + running))}`]
    if (failed > 0) words.push(`${count(failed)} failed`)
    words.push(`${count(running)} running`)
    if (done > 0 && milliseconds >= 1000) words.push(`${count(Math.round((done * 1000) / milliseconds))}/s`)
    const text = fit(words.join('  '), width)
    const room = Math.min(width - text.length - 2, WIDEST_BAR)
    if (total === undefined || room < NARROWEST_BAR) return text
    const part = total === 0 ? 1 : Math.min(1, done / Math.max(total, done + running))
    const full = Math.floor(part * room)
    return `${this.paint.green('█'.repeat(full))}${this.paint.dim('░'.repeat(room - full))}  ${text}`
  }
}
