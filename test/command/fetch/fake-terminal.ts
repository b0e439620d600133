/** A terminal that remembers what is to be seen on it: as much of one as a line that is drawn over needs. */
export class FakeTerminal {
  readonly isTTY = true
  /** Everything that was written. */
  written = ''
  private readonly finished: string[] = []
  private current = ''

  constructor(readonly columns = 80) {}

  write(text: string): void {
    this.written += text
    // eslint-disable-next-line no-control-regex -- escape sequences are what it is about
    for (const part of text.match(/\r|\n|\x1b\[K|\x1b\[\d*m|[^\r\n\x1b]+/g) ?? []) {
      if (part === '\r' || part === '\x1b[K') this.current = ''
      else if (part === '\n') {
        this.finished.push(this.current)
        this.current = ''
      } else if (!part.startsWith('\x1b')) this.current += part
    }
  }

  /** The lines that can be seen, without colours. The last one is where the cursor is. */
  get lines(): string[] {
    return [...this.finished, this.current]
  }
}
