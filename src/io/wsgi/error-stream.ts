import { writeTo } from '../node/process/standard-output.js'

/** `wsgi.errors`: where an application writes what went wrong. */
export class ErrorStream {
  /** @param out gets each text: stderr unless given. */
  constructor(private readonly out: (text: string) => unknown = toStderr) {}

  /** Writes `text` as it is. */
  write(text: string): void {
    this.out(text)
  }

  /** Writes each of `lines` as it is: their ends are in them. */
  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.out(line)
  }

  /** Does nothing: nothing is held back. */
  flush(): void {
    // It is there because PEP 3333 asks for it.
  }
}

function toStderr(text: string): void {
  writeTo('stderr', text)
}
