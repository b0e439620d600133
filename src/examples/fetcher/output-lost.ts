import { getCurrent } from 'gvent'

/** Standard output takes no more. */
export class OutputLost extends Error {
  override readonly name = 'OutputLost'
  readonly code: string | undefined

  constructor(cause: NodeJS.ErrnoException) {
    super(`cannot write the results: ${cause.message}`, { cause })
    this.code = cause.code
  }
}

/**
 * `fetcher ... | head` has what it wants when `head` ends: there is nobody left to work for. That nobody reads what is
 * said beside the results is no reason to stop.
 */
export function stopWhenNobodyReads(): void {
  const main = getCurrent()!
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => void main.kill(new OutputLost(error)))
}
