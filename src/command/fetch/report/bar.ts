import { Paint, fit, isLive, oneLine, widthOf, type Screen } from './terminal.js'
import { count, duration } from './units.js'

/** How far the work is. */
export interface Progress {
  readonly done: number
  readonly failed: number
  readonly running: number
  /** How many pause because a server asked for it. */
  readonly pausing: number
  /** How many URLs there are in all, as far as that is known. */
  readonly total: number | undefined
  readonly milliseconds: number
  /** The one that has run longest. */
  readonly slowest: { readonly url: string; readonly milliseconds: number } | undefined
}

const ERASE_LINE = '\r\x1b[K'
const WIDEST_BAR = 30
const NARROWEST_BAR = 8
/** From then on something that runs is slow, in milliseconds. */
const SLOW = 1000

/** A line at the bottom of a terminal that says how far the work is. On anything else it draws nothing. */
export class Bar {
  private shown = ''
  readonly isLive: boolean
  private readonly paint: Paint

  constructor(
    private readonly screen: Screen,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.isLive = isLive(screen, environment)
    this.paint = Paint.for(screen, environment)
  }

  /** Draws the line again. */
  draw(progress: Progress): void {
    if (!this.isLive) return
    const line = this.line(progress, widthOf(this.screen))
    if (line === this.shown) return
    this.shown = line
    this.screen.write(ERASE_LINE + line)
  }

  /** Takes the line away; the next drawing brings it back. */
  erase(): void {
    if (this.shown !== '') this.screen.write(ERASE_LINE)
    this.shown = ''
  }

  private line(
    { done, failed, running, pausing, total: known, milliseconds, slowest }: Progress,
    width: number,
  ): string {
    const total = known === undefined ? undefined : Math.max(known, done + running)
    const words = [total === undefined ? count(done) : `${count(done)}/${count(total)}`]
    if (failed > 0) words.push(`${count(failed)} failed`)
    if (pausing > 0) words.push(`${count(pausing)} pausing`)
    if (done > 0 && milliseconds >= 1000) {
      words.push(`${count(Math.round((done * 1000) / milliseconds))}/s`)
      if (total !== undefined) words.push(`ETA ${duration(Math.round((milliseconds / done) * (total - done)))}`)
    }
    if (slowest !== undefined && slowest.milliseconds >= SLOW) {
      words.push(`${duration(slowest.milliseconds)} ${oneLine(slowest.url)}`)
    }
    const text = fit(words.join('  '), width)
    const room = Math.min(width - text.length - 2, WIDEST_BAR)
    if (total === undefined || room < NARROWEST_BAR) return text
    const full = Math.floor((total === 0 ? 1 : done / total) * room)
    return `${this.paint.green('█'.repeat(full))}${this.paint.dim('░'.repeat(room - full))}  ${text}`
  }
}
