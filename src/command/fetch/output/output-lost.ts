/** Results cannot be written: all that could still be fetched would be lost. */
export class OutputLost extends Error {
  override readonly name = 'OutputLost'
  readonly code: string | undefined

  /** @param what could not be written. */
  constructor(what: string, cause: NodeJS.ErrnoException) {
    super(`${what}: ${REASONS[cause.code ?? ''] ?? cause.message}`, { cause })
    this.code = cause.code
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EPIPE: 'its reader has closed it',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the disk fails',
  EFBIG: 'it is larger than the file system, or a limit of the shell, allows',
}

/** Whether an error of a file concerns all files, and not this one alone. */
export function concernsAll(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')
}
