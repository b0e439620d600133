import { emitKeypressEvents } from 'node:readline'

/** A key, by its name: `q`, `up`, `pagedown`; and what it writes. */
export interface Key {
  readonly name: string
  readonly text: string
}

const OTHER_SCREEN = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const THIS_SCREEN = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

interface RawKey {
  readonly name?: string
  readonly sequence?: string
  readonly ctrl?: boolean
}

/** The terminal while something else than lines is shown in it. Whichever way the program ends, it is given back as it was. */
export class Screen {
  /** Called for each key but Ctrl-C, and when the size changes. */
  onKey: (key: Key) => void = () => undefined
  onResize: () => void = () => undefined
  private isOpen = false

  /** Resolves when Ctrl-C, or a signal, asks for the end: to the status with which that is. */
  readonly interrupted: Promise<number>
  private interrupt: (status: number) => void = () => undefined

  constructor() {
    this.interrupted = new Promise((resolve) => {
      this.interrupt = resolve
    })
  }

  get width(): number {
    return process.stdout.columns
  }

  get height(): number {
    return process.stdout.rows
  }

  /** Takes the terminal. */
  open(): void {
    const { stdin, stdout } = process
    this.isOpen = true
    stdout.write(OTHER_SCREEN)
    if (stdin.isTTY) stdin.setRawMode(true)
    emitKeypressEvents(stdin)
    stdin.on('keypress', this.press)
    stdin.on('end', this.hangUp)
    stdin.resume()
    stdout.on('resize', this.resize)
    process.on('exit', this.close)
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.signal)
  }

  /** Gives it back. */
  readonly close = (): void => {
    if (!this.isOpen) return
    this.isOpen = false
    const { stdin, stdout } = process
    stdin.off('keypress', this.press).off('end', this.hangUp).pause()
    stdout.off('resize', this.resize)
    process.off('exit', this.close)
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.signal)
    if (stdin.isTTY) stdin.setRawMode(false)
    stdout.write(THIS_SCREEN)
  }

  /** Shows lines; what they do not fill is empty. */
  draw(lines: readonly string[]): void {
    if (!this.isOpen) return
    const text = lines.slice(0, this.height).map((line) => `${line}\u001b[0m\u001b[K`)
    process.stdout.write(`\u001b[H${text.join('\r\n')}\u001b[J`)
  }

  private readonly press = (text: string | undefined, { name, sequence = '', ctrl = false }: RawKey): void => {
    if (ctrl && name === 'c') this.interrupt(SIGNALS.SIGINT)
    else if (!ctrl) this.onKey({ name: name ?? sequence, text: text ?? '' })
  }

  private readonly resize = (): void => {
    this.onResize()
  }

  private readonly hangUp = (): void => {
    this.interrupt(SIGNALS.SIGHUP)
  }

  private readonly signal = (name: keyof typeof SIGNALS): void => {
    this.interrupt(SIGNALS[name])
  }
}
