type Name = 'stdout' | 'stderr'

const lost: Record<Name, number> = { stdout: 0, stderr: 0 }

/** How many texts that logs and reports were to write got lost, since {@link outputLost} counts them. */
export interface LostOutput {
  /** To stdout: lines of an access log. */
  stdout: number
  /** To stderr: reports, messages of handlers, `wsgi.errors`. */
  stderr: number
}

/**
 * Counts what logs and reports could not write: a disk is full, or the reader of stdout or stderr has gone. The program
 * goes on without it; monitoring can tell by this that a log has gaps.
 */
export function outputLost(): LostOutput {
  return { ...lost }
}

/**
 * Writes to stdout or stderr, and counts what cannot be written. Node would raise the error of such a stream where
 * nobody can catch it, which ends the program; the program's own writes still do that.
 * @internal
 */
export function writeTo(name: Name, text: string): void {
  const stream = process[name]
  const written = (error?: Error | null): void => {
    if (error === null || error === undefined) return
    lost[name]++
    // The event comes after this call, and nobody else may wait for it. (Node's Console does it this way.)
    if (stream.listenerCount('error') === 0) stream.once('error', ignore)
  }
  try {
    stream.write(text, written)
  } catch (error) {
    written(error as Error)
  }
}

function ignore(): void {
  // It was counted.
}
